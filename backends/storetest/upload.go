package storetest

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"

	"ftpbridge/backends"
)

func uploadTests() []test {
	return []test{
		{"Upload/one small part", nil, uploadSmall},
		{"Upload/several parts", nil, uploadSeveral},
		{"Upload/out of order and at once", parallel, uploadParallel},
		{"Upload/part replaced", parallel, uploadReplaced},
		{"Upload/stale part", parallel, uploadStalePart},
		{"Upload/subset of the parts", nil, uploadSubset},
		{"Upload/lists its parts", nil, uploadParts},
		{"Upload/wrong sum of a part", nil, uploadWrongPart},
		{"Upload/wrong sum of the whole", nil, uploadWrongWhole},
		{"Upload/data is not kept", nil, uploadDataNotKept},
		{"Upload/content type and metadata", nil, uploadProperties},
		{"Upload/overwrite", nil, uploadOverwrite},
		{"Upload/absent", conditional, uploadAbsent},
		{"Upload/version", conditional, uploadVersion},
		{"Upload/simultaneous absent", conditional, uploadSimultaneous},
		{"Upload/condition unsupported", func(i backends.Info) bool { return !i.ConditionalWrites }, uploadUnsupported},
	}
}

func parallel(i backends.Info) bool { return !i.PartsSerial }

// partSize is the smallest size of a part that is not the last.
func (t *T) partSize() int64 {
	if t.info.PartMin > 0 {
		return t.info.PartMin
	}
	return (1024 + t.info.PartAlign - 1) / t.info.PartAlign * t.info.PartAlign
}

func (t *T) begin(key string, opts backends.PutOptions) backends.Upload {
	t.Helper()
	up, err := t.store.Begin(t.Context(), key, opts)
	if err != nil {
		t.Fatalf("Begin %q: %v", key, err)
	}
	return up
}

func (t *T) putPart(up backends.Upload, number int, offset int64, data []byte) backends.Part {
	t.Helper()
	part, err := up.PutPart(t.Context(), number, offset, data, backends.Checksum(data))
	if err != nil {
		t.Fatalf("PutPart %d: %v", number, err)
	}
	if part.Number != number || part.Offset != offset || part.Size != int64(len(data)) {
		t.Errorf("PutPart %d gave %+v", number, part)
	}
	return part
}

// putParts sends data in parts of the smallest size, one after the other.
func (t *T) putParts(up backends.Upload, data []byte) []backends.Part {
	t.Helper()
	var parts []backends.Part
	offset := int64(0)
	for piece := range slices.Chunk(data, int(t.partSize())) {
		parts = append(parts, t.putPart(up, len(parts)+1, offset, piece))
		offset += int64(len(piece))
	}
	return parts
}

func (t *T) commit(up backends.Upload, parts []backends.Part, data []byte) backends.Object {
	t.Helper()
	obj, err := up.Commit(t.Context(), parts, backends.Checksum(data), backends.Condition{})
	if err != nil {
		t.Fatalf("Commit: %v", err)
	}
	if obj.Size != int64(len(data)) || obj.Version == "" {
		t.Errorf("Commit of %d bytes gave %+v", len(data), obj)
	}
	return obj
}

// abort ends an upload that a subtest does not commit.
func (t *T) abort(up backends.Upload) {
	t.Helper()
	if err := up.Abort(t.Context()); err != nil {
		t.Errorf("Abort: %v", err)
	}
}

// upload stores data at key in parts.
func (t *T) upload(key string, data []byte, opts backends.PutOptions) backends.Object {
	t.Helper()
	up := t.begin(key, opts)
	return t.commit(up, t.putParts(up, data), data)
}

func uploadSmall(t *T) {
	data := []byte("a few bytes")
	obj := t.upload("dir/a", data, backends.PutOptions{})
	t.wantContent("dir/a", data)
	sameObject(t, "Commit and Stat", obj, t.stat("dir/a"))
	t.wantObjects("", "dir/a")
}

func uploadSeveral(t *T) {
	data := content(10, 2*t.partSize()+1000)
	obj := t.upload("a", data, backends.PutOptions{})
	t.wantContent("a", data)
	stat := t.stat("a")
	sameObject(t, "Commit and Stat", obj, stat)
	if stat.HasSum && stat.Sum != backends.Checksum(data) {
		t.Errorf("sum is %s, want %s", stat.Sum, backends.Checksum(data))
	}
	got, err := readRange(t.Context(), t.store, "a", t.partSize()-10, 20, obj.Version)
	if want := data[t.partSize()-10:][:20]; err != nil || !bytes.Equal(got, want) {
		t.Errorf("across the parts: %x, %v; want %x", got, err, want)
	}
}

func uploadParallel(t *T) {
	size := t.partSize()
	data := content(11, 3*size+100)
	up := t.begin("a", backends.PutOptions{})
	parts := make([]backends.Part, 4)
	parts[3] = t.putPart(up, 4, 3*size, data[3*size:])
	errs := make([]error, 3)
	together(3, func(i int) {
		piece := data[int64(i)*size:][:size]
		parts[i], errs[i] = up.PutPart(t.Context(), i+1, int64(i)*size, piece, backends.Checksum(piece))
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	t.commit(up, parts, data)
	t.wantContent("a", data)
}

func uploadReplaced(t *T) {
	size := t.partSize()
	data := content(12, size+size/2)
	up := t.begin("a", backends.PutOptions{})
	t.putPart(up, 1, 0, content(13, size))
	t.putPart(up, 2, size, content(14, size-1))
	parts := t.putParts(up, data)
	held, err := up.Parts(t.Context())
	if err != nil || len(held) != 2 || held[1].Size != size/2 {
		t.Errorf("Parts gave %+v, %v", held, err)
	}
	t.commit(up, parts, data)
	t.wantContent("a", data)
}

// uploadStalePart: what Commit names is what it publishes, not what came
// under the same number since.
func uploadStalePart(t *T) {
	t.put("a", []byte("old"))
	up := t.begin("a", backends.PutOptions{})
	data := []byte("what was sent first")
	stale := t.putPart(up, 1, 0, data)
	t.putPart(up, 1, 0, []byte("what came thereafter"))
	_, err := up.Commit(t.Context(), []backends.Part{stale}, backends.Checksum(data), backends.Condition{})
	if err == nil {
		t.Error("Commit of a replaced part succeeded")
	}
	t.wantContent("a", []byte("old"))
	t.abort(up)
}

func uploadSubset(t *T) {
	size := t.partSize()
	data := content(15, 2*size+700)
	up := t.begin("a", backends.PutOptions{})
	parts := t.putParts(up, data)
	t.commit(up, parts[:2], data[:2*size])
	t.wantContent("a", data[:2*size])
}

func uploadParts(t *T) {
	data := content(16, t.partSize()+300)
	up := t.begin("a", backends.PutOptions{})
	held, err := up.Parts(t.Context())
	if err != nil || len(held) != 0 {
		t.Errorf("before the first: %+v, %v", held, err)
	}
	parts := t.putParts(up, data)
	held, err = up.Parts(t.Context())
	if err != nil || len(held) != len(parts) {
		t.Fatalf("got %+v, %v; want %+v", held, err, parts)
	}
	for i, got := range held {
		want := parts[i]
		if got.Number != want.Number || got.Offset != want.Offset || got.Size != want.Size || got.Tag != want.Tag {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got.HasSum && got.Sum != want.Sum {
			t.Errorf("part %d: sum is %s, want %s", got.Number, got.Sum, want.Sum)
		}
	}
	t.commit(up, held, data)
	t.wantContent("a", data)
}

func uploadWrongPart(t *T) {
	up := t.begin("a", backends.PutOptions{})
	data := content(17, 1000)
	_, err := up.PutPart(t.Context(), 1, 0, data, backends.Checksum(data[1:]))
	t.wantError("PutPart with another sum", err, backends.ErrChecksum)
	held, err := up.Parts(t.Context())
	if err != nil || len(held) != 0 {
		t.Errorf("Parts gave %+v, %v", held, err)
	}
	t.commit(up, t.putParts(up, data), data)
	t.wantContent("a", data)
}

func uploadWrongWhole(t *T) {
	t.put("a", []byte("old"))
	data := content(18, t.partSize()+1000)
	up := t.begin("a", backends.PutOptions{})
	parts := t.putParts(up, data)
	_, err := up.Commit(t.Context(), parts, backends.Checksum(data[1:]), backends.Condition{})
	t.wantError("Commit with another sum", err, backends.ErrChecksum)
	t.wantContent("a", []byte("old"))
	t.abort(up)
	t.wantContent("a", []byte("old"))
}

func uploadDataNotKept(t *T) {
	data := []byte("before")
	up := t.begin("a", backends.PutOptions{})
	part := t.putPart(up, 1, 0, data)
	copy(data, "after!")
	t.commit(up, []backends.Part{part}, []byte("before"))
	t.wantContent("a", []byte("before"))
}

func uploadProperties(t *T) {
	opts := backends.PutOptions{
		ContentType: "application/x-test",
		Metadata:    map[string]string{"mtime": "1700000000", "user": "Jürgen 世界"},
	}
	t.upload("a", []byte("x"), opts)
	t.wantProperties("a", opts)
}

func uploadOverwrite(t *T) {
	t.putWith("a", []byte("old and longer"), backends.PutOptions{Metadata: map[string]string{"old": "1"}})
	before := t.stat("a").Version
	obj := t.upload("a", []byte("new"), backends.PutOptions{})
	t.wantContent("a", []byte("new"))
	if obj.Version == before || len(t.stat("a").Metadata) != 0 {
		t.Errorf("after the overwrite: %+v", t.stat("a"))
	}
}

// commitConditional uploads data to "a" and commits it under a condition.
func (t *T) commitConditional(data []byte, cond backends.Condition) (backends.Upload, error) {
	t.Helper()
	up := t.begin("a", backends.PutOptions{})
	parts := t.putParts(up, data)
	_, err := up.Commit(t.Context(), parts, backends.Checksum(data), cond)
	return up, err
}

func uploadAbsent(t *T) {
	absent := backends.Condition{Absent: true}
	if _, err := t.commitConditional([]byte("first"), absent); err != nil {
		t.Fatalf("Commit onto nothing: %v", err)
	}
	up, err := t.commitConditional([]byte("second"), absent)
	t.wantError("Commit onto an object", err, fs.ErrExist)
	t.wantContent("a", []byte("first"))
	t.abort(up)
	t.wantContent("a", []byte("first"))
}

func uploadVersion(t *T) {
	pinned := backends.Condition{Version: t.put("a", []byte("first")).Version}
	if _, err := t.commitConditional([]byte("second"), pinned); err != nil {
		t.Fatalf("Commit onto this version: %v", err)
	}
	up, err := t.commitConditional([]byte("third"), pinned)
	t.wantError("Commit onto another version", err, backends.ErrChanged)
	t.wantContent("a", []byte("second"))
	t.abort(up)
	t.delete("a")
	up, err = t.commitConditional([]byte("third"), pinned)
	t.wantError("Commit onto a missing object", err, backends.ErrChanged)
	t.wantAbsent("a")
	t.abort(up)
}

func uploadSimultaneous(t *T) {
	const rivals = 6
	uploads := make([]backends.Upload, rivals)
	parts := make([]backends.Part, rivals)
	data := func(i int) []byte { return filler(i, 1000) }
	for i := range rivals {
		uploads[i] = t.begin("a", backends.PutOptions{})
		parts[i] = t.putPart(uploads[i], 1, 0, data(i))
	}
	var winner atomic.Int64
	winner.Store(-1)
	together(rivals, func(i int) {
		_, err := uploads[i].Commit(t.Context(), parts[i:i+1], backends.Checksum(data(i)), backends.Condition{Absent: true})
		switch {
		case err == nil:
			if !winner.CompareAndSwap(-1, int64(i)) {
				t.Errorf("both %d and %d won", winner.Load(), i)
			}
		case !errors.Is(err, fs.ErrExist):
			t.Errorf("a loser got %v, want %v", err, fs.ErrExist)
		default:
			t.abort(uploads[i])
		}
	})
	if winner.Load() < 0 {
		t.Fatal("nobody won")
	}
	t.wantContent("a", data(int(winner.Load())))
}

func uploadUnsupported(t *T) {
	up, err := t.commitConditional([]byte("x"), backends.Condition{Absent: true})
	t.wantError("Commit", err, errors.ErrUnsupported)
	t.wantAbsent("a")
	t.abort(up)
}
