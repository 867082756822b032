//go:build !linux

package main

import "os"

func localDisk(string) error { return nil }

func roomy(string) error { return nil }

func ours(os.FileInfo) bool { return true }
