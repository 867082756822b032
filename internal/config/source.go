package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

// maxFile bounds what is read of a configuration or secret file, in bytes.
const maxFile = 1 << 20

// File is the flag that names the configuration file. Left to itself kong lets
// a file beat the environment; this one yields to it.
type File string

// BeforeResolve is called by kong once flags and environment are read: it adds
// the file below them.
func (File) BeforeResolve(k *kong.Kong, ctx *kong.Context, trace *kong.Path) error {
	path, ok := ctx.FlagValue(trace.Flag).(File)
	if !ok || path == "" {
		return nil
	}
	values, err := readFile(string(path))
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, f := range k.Model.Flags {
		known[key(f)] = len(f.Envs) > 0
	}
	for name := range values {
		if !known[name] {
			return fmt.Errorf("configuration file %s holds a setting that does not exist: %q", filepath.Base(string(path)), name)
		}
	}
	ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		if fromEnvironment(f) {
			return nil, nil //nolint:nilnil // kong's way to say that this source has no value
		}
		return values[key(f)], nil
	}))
	return nil
}

// Sources returns the options that a kong parser of a Config needs: secrets
// from files named in the environment.
func Sources() kong.Option {
	return kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, f *kong.Flag) (any, error) {
		path, env := secretFile(f)
		if path == "" {
			return nil, nil //nolint:nilnil // kong's way to say that this source has no value
		}
		if set(f.Envs) {
			return nil, fmt.Errorf("set %s or %s, not both", env, strings.TrimSuffix(env, "_FILE"))
		}
		b, err := read(path)
		if err != nil {
			return nil, fmt.Errorf("the file named by %s cannot be read", env)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}))
}

func readFile(path string) (map[string]any, error) {
	b, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s cannot be read", filepath.Base(path))
	}
	var values map[string]any
	if err := json.Unmarshal(b, &values); err != nil {
		return nil, fmt.Errorf("configuration file %s is not a JSON object", filepath.Base(path))
	}
	return values, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	return b, errors.Join(err, f.Close())
}

// key is the name of a setting in the file: snake_case.
func key(f *kong.Flag) string { return strings.ReplaceAll(f.Name, "-", "_") }

func fromEnvironment(f *kong.Flag) bool {
	path, _ := secretFile(f)
	return path != "" || set(f.Envs)
}

func set(names []string) bool {
	for _, name := range names {
		if _, ok := os.LookupEnv(name); ok {
			return true
		}
	}
	return false
}

// secretFile returns the file that holds the value of a secret flag, and the
// variable that names it.
func secretFile(f *kong.Flag) (path, env string) {
	if !f.Tag.Has("secret") {
		return "", ""
	}
	for _, name := range f.Envs {
		if path := os.Getenv(name + "_FILE"); path != "" {
			return path, name + "_FILE"
		}
	}
	return "", ""
}
