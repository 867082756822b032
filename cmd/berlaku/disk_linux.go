package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

var (
	errNetworkDisk = errors.New("it is on a network file system, where SQLite's locks are not safe")
	errLittleRoom  = errors.New("less than 5 % or 512 MiB is free")
)

const minFree = 512 << 20

// networkDisks are the file systems of statfs(2) on which locks are not to be
// trusted: NFS, SMB, SMB2, CIFS, 9P, AFS, Ceph.
var networkDisks = map[int64]bool{
	0x6969: true, 0x517b: true, 0xfe534d42: true, 0xff534d42: true, 0x01021997: true, 0x5346414f: true, 0x00c36400: true,
}

func localDisk(dir string) error {
	stat, err := statfs(dir)
	if err != nil {
		return err
	}
	if networkDisks[int64(stat.Type)&0xffffffff] { //nolint:unconvert // the type differs between architectures
		return errNetworkDisk
	}
	return nil
}

func roomy(dir string) error {
	stat, err := statfs(dir)
	if err != nil {
		return err
	}
	free := stat.Bavail * uint64(stat.Bsize)
	if free < minFree || stat.Bavail*20 < stat.Blocks {
		return errLittleRoom
	}
	return nil
}

// statfs looks at the disk of dir, or of the nearest folder above that exists.
func statfs(dir string) (syscall.Statfs_t, error) {
	var stat syscall.Statfs_t
	dir, err := filepath.Abs(dir)
	if err != nil {
		return stat, err
	}
	for {
		err = syscall.Statfs(dir, &stat)
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return stat, err
		}
		dir = filepath.Dir(dir)
	}
}

func ours(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(stat.Uid) == os.Geteuid()
}
