package layer_test

import (
	"context"
	"errors"
	"fmt"

	"ftpbridge/backends"
	"ftpbridge/backends/layer"
)

// retryCases are the calls of the contract.
var retryCases = map[string]struct {
	op     layer.Op
	do     func(ctx context.Context, store backends.Store, versions map[string]string) error
	effect map[string]string // what its keys hold when it has been carried out
	// The calls that the store below sees: before the one that fails, and from
	// it on if the first is not carried out, or if its answer is lost.
	before, once, lost string
	look, final        string // before each repetition; after the last attempt
}{
	"Stat": {
		op: layer.OpStat, once: "Stat Stat", lost: "Stat Stat",
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			obj, err := store.Stat(ctx, "a")
			return wantSize(obj, err, 12)
		},
	},
	"Open": {
		op: layer.OpOpen, once: "Open Open CloseReader", lost: "Open Open CloseReader",
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			r, err := store.Open(ctx, "a", 3, 4, versions["a"])
			if err != nil {
				return err
			}
			return errors.Join(wantSize(r.Object(), nil, 12), r.Close())
		},
	},
	"List": {
		op: layer.OpList, once: "List List", lost: "List List",
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return wantListed(ctx, store, "a dir/")
		},
	},
	"Put": {
		op: layer.OpPut, once: "Put Put", lost: "Put Put", effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			obj, err := store.Put(ctx, "a", []byte(newContent), sealed(newContent))
			return wantSize(obj, err, 11)
		},
	},
	"Put absent": {
		op: layer.OpPut, once: "Put Put", lost: "Put Put Stat", effect: map[string]string{"c": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			opts := sealed(newContent)
			opts.Condition.Absent = true
			obj, err := store.Put(ctx, "c", []byte(newContent), opts)
			return wantSize(obj, err, 11)
		},
	},
	"Put version": {
		op: layer.OpPut, once: "Put Put", lost: "Put Put Stat", effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			opts := sealed(newContent)
			opts.Condition.Version = versions["a"]
			obj, err := store.Put(ctx, "a", []byte(newContent), opts)
			return wantSize(obj, err, 11)
		},
	},
	"Copy": {
		op: layer.OpCopy, once: "Copy Copy", lost: "Copy Copy", effect: map[string]string{"c": "content of a"},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			obj, err := store.Copy(ctx, "c", backends.Source{Key: "a", Version: versions["a"]}, backends.Condition{})
			return wantSize(obj, err, 12)
		},
	},
	"Copy absent": {
		op: layer.OpCopy, once: "Copy Copy", lost: "Copy Copy Stat Stat", effect: map[string]string{"c": "content of a"},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			obj, err := store.Copy(ctx, "c", backends.Source{Key: "a", Version: versions["a"]}, backends.Condition{Absent: true})
			return wantSize(obj, err, 12)
		},
	},
	"Copy version": {
		op: layer.OpCopy, once: "Copy Copy", lost: "Copy Copy Stat Stat", effect: map[string]string{"dir/b": "content of a"},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			obj, err := store.Copy(ctx, "dir/b", backends.Source{Key: "a"}, backends.Condition{Version: versions["dir/b"]})
			return wantSize(obj, err, 12)
		},
	},
	"SetMetadata": {
		op: layer.OpSetMetadata, once: "SetMetadata SetMetadata", lost: "SetMetadata SetMetadata", effect: map[string]string{"a": "content of a, mtime 7"},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			obj, err := store.SetMetadata(ctx, "a", map[string]string{"mtime": "7"}, versions["a"])
			return wantSize(obj, err, 12)
		},
	},
	"Rename": {
		op: layer.OpRename, look: " Stat", once: "Rename Stat Rename", lost: "Rename Stat Stat", effect: map[string]string{"a": "nothing", "dir/b": "content of a"},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return store.Rename(ctx, "a", "dir/b")
		},
	},
	"Rename of a directory": {
		op: layer.OpRename, look: " List", once: "Rename List Rename", lost: "Rename List List", effect: map[string]string{"dir/b": "nothing", "new/b": "content of b"},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return store.Rename(ctx, "dir/", "new/")
		},
	},
	"Delete": {
		op: layer.OpDelete, once: "Delete Delete", lost: "Delete Delete", effect: map[string]string{"a": "nothing", "dir/b": "nothing"},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return store.Delete(ctx, backends.Condition{}, "a", "dir/b")
		},
	},
	"Delete version": {
		op: layer.OpDelete, once: "Delete Delete", lost: "Delete Delete", effect: map[string]string{"a": "nothing"},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			return store.Delete(ctx, backends.Condition{Version: versions["a"]}, "a")
		},
	},
	"Begin": {
		op: layer.OpBegin, once: "Begin Begin PutPart PutPart Commit", lost: "Begin Begin PutPart PutPart Commit", effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return commit(ctx, store, "a", backends.Condition{})
		},
	},
	"Resume": {
		op: layer.OpResume, before: "Begin PutPart PutPart ", once: "Resume Resume Parts", lost: "Resume Resume Parts",
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			up, _, err := pending(ctx, store, "a")
			if err != nil {
				return err
			}
			again, err := store.Resume(ctx, "a", up.ID())
			if err != nil {
				return err
			}
			_, err = again.Parts(ctx)
			return err
		},
	},
	"PutPart": {
		op: layer.OpPutPart, before: "Begin ", once: "PutPart PutPart PutPart Commit", lost: "PutPart PutPart PutPart Commit", effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return commit(ctx, store, "a", backends.Condition{})
		},
	},
	"Parts": {
		op: layer.OpParts, before: "Begin PutPart PutPart ", once: "Parts Parts", lost: "Parts Parts",
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			up, _, err := pending(ctx, store, "a")
			if err != nil {
				return err
			}
			parts, err := up.Parts(ctx)
			if err == nil && len(parts) != 2 {
				err = fmt.Errorf("%d parts", len(parts))
			}
			return err
		},
	},
	"Abort": {
		op: layer.OpAbort, before: "Begin PutPart PutPart ", once: "Abort Abort", lost: "Abort Abort",
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			up, _, err := pending(ctx, store, "a")
			if err != nil {
				return err
			}
			return up.Abort(ctx)
		},
	},
	"Commit": {
		op: layer.OpCommit, before: "Begin PutPart PutPart ", look: " Parts", final: " Parts", once: "Commit Parts Commit", lost: "Commit Parts Stat",
		effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return commit(ctx, store, "a", backends.Condition{})
		},
	},
	"Commit absent": {
		op: layer.OpCommit, before: "Begin PutPart PutPart ", look: " Parts", final: " Parts", once: "Commit Parts Commit", lost: "Commit Parts Stat",
		effect: map[string]string{"c": newContent},
		do: func(ctx context.Context, store backends.Store, _ map[string]string) error {
			return commit(ctx, store, "c", backends.Condition{Absent: true})
		},
	},
	"Commit version": {
		op: layer.OpCommit, before: "Begin PutPart PutPart ", look: " Parts", final: " Parts", once: "Commit Parts Commit", lost: "Commit Parts Stat",
		effect: map[string]string{"a": newContent},
		do: func(ctx context.Context, store backends.Store, versions map[string]string) error {
			return commit(ctx, store, "a", backends.Condition{Version: versions["a"]})
		},
	},
}
