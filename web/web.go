// Package web holds the installable apps as they were built: kasir for tills,
// kartu for participants. Their sources stand beside this file, written in
// TypeScript; without a build there is nothing but a placeholder, and the server
// says so.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Dist returns the built files: one folder per app, assets shared by all.
func Dist() fs.FS {
	sub, err := fs.Sub(built, "dist")
	if err != nil {
		return built // a valid constant path never fails
	}
	return sub
}
