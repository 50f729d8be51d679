package mem_test

import (
	"testing"

	"ftpbridge/backends"
	"ftpbridge/backends/mem"
	"ftpbridge/backends/storetest"
)

// smallPart makes the suite faster where parts are not the point.
const smallPart = 1024

func TestStore(t *testing.T) {
	tests := map[string]func(*backends.Info){
		"like S3": nil,
		"tiny parts": func(i *backends.Info) {
			i.PartMin, i.PartAlign, i.PutMax, i.KeyMax = 16, 16, 5<<20, 0
		},
		"real directories": func(i *backends.Info) {
			i.RealDirs, i.ObjectAndDir, i.AtomicRename, i.AtomicDirRename = true, false, true, true
			i.PartMin = smallPart
		},
		"directories are markers, but exclusive": func(i *backends.Info) {
			i.ObjectAndDir, i.AtomicRename, i.PartMin = false, true, smallPart
		},
		"renames of implied directories": func(i *backends.Info) {
			i.AtomicRename, i.AtomicDirRename, i.PartMin = true, true, smallPart
		},
		"no conditions, serial uniform parts": func(i *backends.Info) {
			i.Ordered, i.ConditionalWrites, i.PartsSerial, i.PartsUniform, i.PartMin = false, false, true, true, smallPart
		},
	}
	for name, adjust := range tests {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(*testing.T) backends.Store {
				return mem.New(mem.Options{Adjust: adjust})
			})
		})
	}
}
