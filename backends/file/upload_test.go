package file

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ftpbridge/backends"
)

// begin starts an upload of the object "a".
func begin(t *testing.T, store *Store) backends.Upload {
	t.Helper()
	up, err := store.Begin(t.Context(), "a", backends.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func resume(t *testing.T, store *Store, id string) backends.Upload {
	t.Helper()
	up, err := store.Resume(t.Context(), "a", id)
	if err != nil {
		t.Fatal(err)
	}
	return up
}

func putPart(t *testing.T, up backends.Upload, number int, offset int64, content string) backends.Part {
	t.Helper()
	part, err := up.PutPart(t.Context(), number, offset, []byte(content), backends.Checksum([]byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	return part
}

func commit(t *testing.T, up backends.Upload, content string, parts ...backends.Part) {
	t.Helper()
	if _, err := up.Commit(t.Context(), parts, backends.Checksum([]byte(content)), backends.Condition{}); err != nil {
		t.Fatal(err)
	}
}

func held(t *testing.T, up backends.Upload) []backends.Part {
	t.Helper()
	parts, err := up.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func appendToLog(t *testing.T, dir, id, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, logPath(id)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A writer that was replaced must not reach what its successor published.
func TestStragglerAfterCommit(t *testing.T) {
	store, dir := newStore(t)
	straggler := begin(t, store)
	putPart(t, straggler, 1, 0, "published")
	successor := resume(t, openAgain(t, dir), straggler.ID())
	commit(t, successor, "published", held(t, successor)...)

	late := []byte("STRAGGLER")
	if _, err := straggler.PutPart(t.Context(), 1, 0, late, backends.Checksum(late)); !errors.Is(err, backends.ErrNoUpload) {
		t.Errorf("PutPart of the straggler: %v", err)
	}
	if got := read(t, store, "a"); got != "published" {
		t.Errorf("the object holds %q", got)
	}
	wantOwnFiles(t, dir, 0)
}

func openAgain(t *testing.T, dir string) *Store {
	t.Helper()
	store := openTest(t, dir, false)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// The straggler may have opened the log before it was removed.
func TestLogRemovedWhileWaiting(t *testing.T) {
	store, _ := newStore(t)
	up := begin(t, store)
	log, err := store.root.Open(logPath(up.ID()))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := stillThere(log); err != nil {
		t.Errorf("while it is there: %v", err)
	}
	if err := up.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stillThere(log); !errors.Is(err, backends.ErrNoUpload) {
		t.Errorf("after its end: %v", err)
	}
}

func TestCommitOfAnotherPart(t *testing.T) {
	store, _ := newStore(t)
	up := begin(t, store)
	part := putPart(t, up, 1, 0, "12345")
	other := part
	other.Tag = "other"
	_, err := up.Commit(t.Context(), []backends.Part{other}, part.Sum, backends.Condition{})
	if !errors.Is(err, backends.ErrChanged) {
		t.Errorf("Commit: %v", err)
	}
	commit(t, up, "12345", part)
}

// Two writers of one part: the one whose bytes are there has it, and Commit
// publishes those bytes or nothing.
func TestTwoWritersOfOnePart(t *testing.T) {
	store, dir := newStore(t)
	other := openAgain(t, dir)
	for range 20 {
		first := begin(t, store)
		writers := []backends.Upload{first, resume(t, other, first.ID())}
		contents := []string{"first!", "second"}
		parts := make([]backends.Part, 2)
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i, up := range writers {
			wg.Go(func() {
				data := []byte(contents[i])
				parts[i], errs[i] = up.PutPart(t.Context(), 1, 0, data, backends.Checksum(data))
			})
		}
		wg.Wait()
		published := 0
		for i, up := range writers {
			if errs[i] != nil && !errors.Is(errs[i], backends.ErrChanged) {
				t.Errorf("PutPart: %v", errs[i])
			}
			_, err := up.Commit(t.Context(), parts[i:i+1], backends.Checksum([]byte(contents[i])), backends.Condition{})
			if err != nil {
				continue
			}
			published++
			if got := read(t, store, "a"); got != contents[i] {
				t.Fatalf("published %q instead of %q", got, contents[i])
			}
		}
		if published != 1 {
			t.Errorf("%d writers published", published)
		}
	}
}

// A part that was announced over another, and not finished, is no longer
// the other.
func TestCrashWhileAPartIsReplaced(t *testing.T) {
	store, dir := newStore(t)
	up := begin(t, store)
	first := putPart(t, up, 1, 0, "12345")
	second := putPart(t, up, 2, 5, "67890")
	appendToLog(t, dir, up.ID(), "\n"+`{"write":{"number":2,"tag":"T","offset":5,"size":5}}`)
	again := resume(t, openAgain(t, dir), up.ID())
	if parts := held(t, again); len(parts) != 1 || parts[0] != first {
		t.Errorf("held %+v, want only %+v", parts, first)
	}
	_, err := again.Commit(t.Context(), []backends.Part{first, second}, backends.Checksum([]byte("1234567890")), backends.Condition{})
	if !errors.Is(err, backends.ErrChanged) {
		t.Errorf("Commit: %v", err)
	}
	commit(t, again, "12345abc", first, putPart(t, again, 2, 5, "abc"))
	if got := read(t, store, "a"); got != "12345abc" {
		t.Errorf("published %q", got)
	}
}

// A part that overwrites the bytes of another number takes that back, too.
func TestOverlappingPart(t *testing.T) {
	store, _ := newStore(t)
	up := begin(t, store)
	putPart(t, up, 1, 0, "12345")
	putPart(t, up, 2, 5, "67890")
	longer := putPart(t, up, 1, 0, "1234567")
	if parts := held(t, up); len(parts) != 1 || parts[0] != longer {
		t.Errorf("held %+v, want only %+v", parts, longer)
	}
}

func TestCrashWhileTheLogIsWritten(t *testing.T) {
	store, dir := newStore(t)
	up := begin(t, store)
	first := putPart(t, up, 1, 0, "12345")
	appendToLog(t, dir, up.ID(), "\n"+`{"write":{"number":2,"ta`)
	again := resume(t, openAgain(t, dir), up.ID())
	second := putPart(t, again, 2, 5, "67")
	if parts := held(t, again); len(parts) != 2 {
		t.Errorf("held %+v", parts)
	}
	commit(t, again, "1234567", first, second)
	if got := read(t, store, "a"); got != "1234567" {
		t.Errorf("published %q", got)
	}
}

// A crash after Commit took the data away and before it removed the log.
func TestCrashInCommit(t *testing.T) {
	store, dir := newStore(t)
	up := begin(t, store)
	part := putPart(t, up, 1, 0, "12345")
	if err := os.Remove(filepath.Join(dir, dataPath(up.ID()))); err != nil {
		t.Fatal(err)
	}
	again := resume(t, store, up.ID())
	data := []byte("x")
	_, partErr := again.PutPart(t.Context(), 2, 5, data, backends.Checksum(data))
	_, partsErr := again.Parts(t.Context())
	_, commitErr := again.Commit(t.Context(), []backends.Part{part}, part.Sum, backends.Condition{})
	for what, err := range map[string]error{"PutPart": partErr, "Parts": partsErr, "Commit": commitErr} {
		if !errors.Is(err, backends.ErrNoUpload) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := again.Abort(t.Context()); err != nil {
		t.Errorf("Abort: %v", err)
	}
	wantOwnFiles(t, dir, 0)
}

// A Commit whose condition does not hold leaves the upload as it was.
func TestCommitAgainAfterRefusal(t *testing.T) {
	store, dir := newStore(t)
	put(t, store, "a", "old")
	up := begin(t, store)
	part := putPart(t, up, 1, 0, "new")
	if _, err := up.Commit(t.Context(), []backends.Part{part}, part.Sum, backends.Condition{Absent: true}); err == nil {
		t.Error("Commit succeeded")
	}
	if got := read(t, store, "a"); got != "old" {
		t.Errorf("after the refusal: %q", got)
	}
	commit(t, up, "new", part)
	if got := read(t, store, "a"); got != "new" {
		t.Errorf("after the Commit: %q", got)
	}
	wantOwnFiles(t, dir, 0)
}

func FuzzLog(f *testing.F) {
	f.Add([]byte("\n" + `{"begin":{"key":"a"}}` + "\n" + `{"write":{"number":1,"tag":"t","size":3}}` + "\n" + `{"part":{"number":1,"tag":"t","size":3}}`))
	f.Add([]byte("\n" + `{"part":{"number":1,"tag":""}}`))
	f.Add([]byte("\n{\n\n}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var l uploadLog
		l.replay(text)
		for number, p := range l.parts {
			for other, q := range l.parts {
				if number != other && p.overlaps(q) && p.Size > 0 && q.Size > 0 {
					t.Errorf("parts %+v and %+v are both held", p, q)
				}
			}
		}
	})
}
