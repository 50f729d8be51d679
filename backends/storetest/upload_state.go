package storetest

import (
	"context"

	"ftpbridge/backends"
)

func uploadStateTests() []test {
	return []test{
		{"Pending/nothing shows before Commit", nil, pendingHidden},
		{"Pending/old object until Commit", nil, pendingOldObject},
		{"Pending/two of one key", nil, pendingTwo},
		{"Pending/abort", nil, pendingAbort},
		{"Pending/abort twice", nil, pendingAbortTwice},
		{"Pending/use after abort", nil, pendingUseAfterAbort},
		{"Pending/use after commit", nil, pendingUseAfterCommit},
		{"Pending/resume", nil, pendingResume},
		{"Pending/resume under another key", nil, pendingOtherKey},
		{"Pending/unknown", nil, pendingUnknown},
		{"Pending/cancelled", nil, pendingCancelled},
		{"Pending/marker", nil, pendingMarker},
	}
}

func pendingHidden(t *T) {
	data := content(20, t.partSize()+10)
	up := t.begin("dir/a", backends.PutOptions{})
	parts := t.putParts(up, data)
	t.wantAbsent("dir/a")
	t.wantAbsent("dir/")
	t.wantObjects("")
	t.commit(up, parts, data)
	t.wantObjects("", "dir/a")
}

func pendingOldObject(t *T) {
	old := t.put("a", []byte("old"))
	data := content(21, t.partSize()+10)
	up := t.begin("a", backends.PutOptions{})
	parts := t.putParts(up, data)
	t.wantContent("a", []byte("old"))
	sameObject(t, "before and during the upload", old, t.stat("a"))
	t.commit(up, parts, data)
	t.wantContent("a", data)
}

func pendingTwo(t *T) {
	first, second := t.begin("a", backends.PutOptions{}), t.begin("a", backends.PutOptions{})
	if first.ID() == second.ID() {
		t.Fatalf("both have the id %q", first.ID())
	}
	firstParts := t.putParts(first, []byte("first"))
	secondParts := t.putParts(second, []byte("second"))
	t.commit(second, secondParts, []byte("second"))
	t.wantContent("a", []byte("second"))
	t.commit(first, firstParts, []byte("first"))
	t.wantContent("a", []byte("first"))
}

func pendingAbort(t *T) {
	t.put("a", []byte("old"))
	up := t.begin("a", backends.PutOptions{})
	t.putParts(up, []byte("new"))
	t.abort(up)
	t.wantContent("a", []byte("old"))
	t.wantObjects("", "a")
}

func pendingAbortTwice(t *T) {
	up := t.begin("a", backends.PutOptions{})
	t.abort(up)
	t.abort(t.resume(t.store, "a", up.ID()))
	t.wantAbsent("a")
}

func (t *T) resume(store backends.Store, key, id string) backends.Upload {
	t.Helper()
	up, err := store.Resume(t.Context(), key, id)
	if err != nil {
		t.Fatalf("Resume %q: %v", key, err)
	}
	if up.ID() != id {
		t.Errorf("Resume of %q gave %q", id, up.ID())
	}
	return up
}

// wantNoUpload fails unless the upload is gone for every method. A store
// may tell that at Resume already.
func (t *T) wantNoUpload(key, id string) {
	t.Helper()
	up, err := t.store.Resume(t.Context(), key, id)
	if err != nil {
		t.wantError("Resume", err, backends.ErrNoUpload)
		return
	}
	_, err = up.Parts(t.Context())
	t.wantError("Parts", err, backends.ErrNoUpload)
	data := []byte("x")
	_, err = up.PutPart(t.Context(), 1, 0, data, backends.Checksum(data))
	t.wantError("PutPart", err, backends.ErrNoUpload)
	if err := up.Abort(t.Context()); err != nil {
		t.Errorf("Abort: %v", err)
	}
}

func pendingUseAfterAbort(t *T) {
	up := t.begin("a", backends.PutOptions{})
	parts := t.putParts(up, []byte("new"))
	t.abort(up)
	t.wantNoUpload("a", up.ID())
	again, err := t.store.Resume(t.Context(), "a", up.ID())
	if err == nil {
		_, err = again.Commit(t.Context(), parts, backends.Checksum([]byte("new")), backends.Condition{})
	}
	t.wantError("Commit", err, backends.ErrNoUpload)
	t.wantAbsent("a")
}

func pendingUseAfterCommit(t *T) {
	up := t.begin("a", backends.PutOptions{})
	t.commit(up, t.putParts(up, []byte("new")), []byte("new"))
	t.wantNoUpload("a", up.ID())
	t.wantContent("a", []byte("new"))
}

func pendingResume(t *T) {
	opts := backends.PutOptions{ContentType: "text/x-resumed", Metadata: map[string]string{"k": "v"}}
	size := t.partSize()
	data := content(22, size+400)
	up := t.begin("dir/a", opts)
	first := t.putPart(up, 1, 0, data[:size])

	again := t.resume(t.second(), "dir/a", up.ID())
	held, err := again.Parts(t.Context())
	if err != nil || len(held) != 1 || held[0].Number != 1 || held[0].Size != size || held[0].Tag != first.Tag {
		t.Fatalf("Parts gave %+v, %v; want %+v", held, err, first)
	}
	last := t.putPart(again, 2, size, data[size:])
	t.commit(again, []backends.Part{held[0], last}, data)
	t.wantContent("dir/a", data)
	t.wantProperties("dir/a", opts)
}

func pendingOtherKey(t *T) {
	up := t.begin("a", backends.PutOptions{})
	t.putParts(up, []byte("x"))
	t.wantNoUpload("b", up.ID())
	t.commit(up, t.putParts(up, []byte("y")), []byte("y"))
	t.wantContent("a", []byte("y"))
}

func pendingUnknown(t *T) {
	gone := t.begin("a", backends.PutOptions{})
	t.abort(gone)
	t.wantNoUpload("a", gone.ID())
	for _, id := range []string{"nonsense", "../../etc", "."} {
		t.wantNoUpload("a", id)
	}
}

func pendingCancelled(t *T) {
	_, err := t.store.Begin(t.cancelled(), "a", backends.PutOptions{})
	t.wantError("Begin", err, context.Canceled)
	data := []byte("data")
	up := t.begin("a", backends.PutOptions{})
	_, err = up.PutPart(t.cancelled(), 1, 0, data, backends.Checksum(data))
	t.wantError("PutPart", err, context.Canceled)
	parts := t.putParts(up, data)
	_, err = up.Parts(t.cancelled())
	t.wantError("Parts", err, context.Canceled)
	_, err = up.Commit(t.cancelled(), parts, backends.Checksum(data), backends.Condition{})
	t.wantError("Commit", err, context.Canceled)
	t.wantAbsent("a")
	t.wantError("Abort", up.Abort(t.cancelled()), context.Canceled)
	t.commit(up, parts, data)
	t.wantContent("a", data)
}

func pendingMarker(t *T) {
	_, err := t.store.Begin(t.Context(), "dir/", backends.PutOptions{})
	t.wantError("Begin at a marker", err, backends.ErrKey)
	t.wantObjects("")
}
