package main

import (
	"runtime"
	"runtime/debug"
)

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

type versionCmd struct{}

// Run prints version, revision and toolchain.
func (versionCmd) Run(e *environment) error {
	e.say("berlaku %s%s %s %s/%s", version, revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var rev, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = " (" + s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ", modified"
		}
	}
	if rev == "" {
		return ""
	}
	return rev + dirty + ")"
}
