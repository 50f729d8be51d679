package layer_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpbridge/backends"
	"ftpbridge/backends/file"
	"ftpbridge/backends/layer"
	"ftpbridge/backends/mem"
	"ftpbridge/backends/storetest"
)

func ignore(context.Context, layer.Observation) {}

// persistent never gives up, and never waits.
var persistent = layer.RetryPolicy{Attempts: 1000, Time: time.Hour}

// unsteady makes every other call of each kind fail: in turn not carried out,
// and carried out with the answer lost, whatever it was.
func unsteady(store backends.Store) backends.Store {
	var mu sync.Mutex
	calls := map[layer.Op]int{}
	return layer.Intercept(store, func(_ context.Context, call *layer.Call, run func() error) error {
		mu.Lock()
		calls[call.Op]++
		n := calls[call.Op]
		mu.Unlock()
		switch call.Op {
		case layer.OpRead, layer.OpCloseReader, layer.OpClose:
			return run() // not tried again
		}
		switch n % 4 {
		case 1:
			return backends.ErrBusy
		case 3:
			_ = run()
			return backends.ErrBusy
		default:
			return run()
		}
	})
}

// undecidable is what nobody can know after an answer was lost.
func undecidable(info backends.Info) storetest.Known {
	known := storetest.Known{
		"Directories/marker absent": "a marker that was there before is like the call's own",
		"Pending/use after abort":   "an upload that is gone may have been published and the object deleted",
		"Rename/missing":            "a source that was never there is like one that was moved",
	}
	if !info.Ordered {
		known["List/many"] = "nobody knows where the listing broke off"
	}
	return known
}

// TestLayersKeepTheContract runs the contract behind each layer and behind the
// stack of them, over each store that needs no server.
func TestLayersKeepTheContract(t *testing.T) {
	stores := map[string]func(*testing.T) backends.Store{
		"mem": func(*testing.T) backends.Store {
			return mem.New(mem.Options{Adjust: func(i *backends.Info) { i.PartMin, i.AtomicRename = 1024, true }})
		},
		"file": func(t *testing.T) backends.Store {
			store, err := file.Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
	}
	layers := map[string]func(backends.Store) backends.Store{
		"intercept": func(s backends.Store) backends.Store { return layer.Intercept(s, pass) },
		"observe":   func(s backends.Store) backends.Store { return layer.Observe(s, ignore) },
		"retry":     func(s backends.Store) backends.Store { return layer.Retry(s, policy) },
		"all": func(s backends.Store) backends.Store {
			return layer.Retry(layer.Observe(layer.Prefix(s, "p/"), ignore), policy)
		},
		"retry over faults": func(s backends.Store) backends.Store { return layer.Retry(unsteady(s), persistent) },
	}
	for storeName, open := range stores {
		for layerName, over := range layers {
			t.Run(strings.Join([]string{layerName, storeName}, " over "), func(t *testing.T) {
				t.Parallel() // files wait for the disk
				known := storetest.Known{}
				if layerName == "retry over faults" {
					known = undecidable(open(t).Info())
				}
				storetest.Run(t, func(t *testing.T) backends.Store { return over(open(t)) }, known)
			})
		}
	}
}
