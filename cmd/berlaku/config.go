package main

import "errors"

type configCmd struct{}

// Run prints the settings in force, also when they cannot be used.
func (configCmd) Run(e *environment) error {
	problem := e.settings.Complete()
	return errors.Join(e.settings.Print(e.out), problem)
}
