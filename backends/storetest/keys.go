package storetest

import (
	"strings"

	"ftpbridge/backends"
)

// plainKeys are keys that every store holds.
var plainKeys = []struct{ name, key string }{
	{"letters", "file.txt"},
	{"deep", "a/b/c/d/e/f/g/h.txt"},
	{"space", "my file.txt"},
	{"space in a directory", "my dir/my file.txt"},
	{"two spaces", "my  file.txt"},
	{"hash", "a#b.txt"},
	{"percent", "100%.txt"},
	{"percent escape", "a%20b%2Fc.txt"},
	{"plus", "a+b.txt"},
	{"ampersand", "a&b=c.txt"},
	{"entity", "a&amp;b.txt"},
	{"question mark", "what?.txt"},
	{"semicolon", "a;b:c.txt"},
	{"single quote", "it's.txt"},
	{"double quote", `"quoted".txt`},
	{"brackets", "<a>[b]{c}(d).txt"},
	{"punctuation", "!@$^*~`|,=.txt"},
	{"umlauts", "Grüße/Übergröße.txt"},
	{"CJK", "世界/文件.txt"},
	{"outside the basic plane", "😀.txt"},
	{"combining accent", "e\u0301.txt"},
	{"leading minus", "-rf"},
	{"leading dot", ".hidden/.file"},
	{"our records", ".ftpbridge/uploads/x"},
	{"three dots", ".../...x"},
	{"segment of 200 bytes", strings.Repeat("n", 200)},
}

// oddKeys are keys that a store either holds exactly so or refuses.
var oddKeys = []struct{ name, key string }{
	{"empty segment", "a//b"},
	{"leading slash", "/a"},
	{"current directory", "./a"},
	{"current directory inside", "a/./b"},
	{"parent directory", "../a"},
	{"parent directory inside", "a/../b"},
	{"only a parent directory", ".."},
	{"only a slash", "/"},
	{"newline", "a\nb"},
	{"control byte", "a\x01b"},
	{"NUL", "a\x00b"},
	{"backslash", `a\b`},
	{"trailing space", "a "},
	{"trailing dot", "a."},
	{"segment of 256 bytes", strings.Repeat("n", 256)},
	{"not UTF-8", "a\xffb"},
}

func keyTests() []test {
	var tests []test
	for _, k := range plainKeys {
		tests = append(tests, test{"Keys/" + k.name, nil, func(t *T) { keyRoundTrip(t, k.key) }})
	}
	for _, k := range oddKeys {
		tests = append(tests, test{"Keys/" + k.name, nil, func(t *T) { keyExactOrRefused(t, k.key) }})
	}
	return append(
		tests,
		test{"Keys/neighbours in other forms", nil, keyForms},
		test{"Keys/longest", func(i backends.Info) bool { return i.KeyMax > 0 }, keyLongest},
		test{"Keys/too long", func(i backends.Info) bool { return i.KeyMax > 0 }, keyTooLong},
		test{"Keys/empty", nil, keyEmpty},
	)
}

// keyRoundTrip takes an object of this key through every method that names it.
func keyRoundTrip(t *T, key string) {
	data := []byte("content of " + key)
	t.put(key, data)
	t.stat(key)
	t.wantContent(key, data)
	t.wantObjects("", key)
	t.wantObjects(key, key)
	dir := key[:strings.LastIndex(key, "/")+1]
	t.wantKeys(dir, t.marked(dir, key)...)

	if _, err := t.store.Copy(t.Context(), "copy", backends.Source{Key: key}, backends.Condition{}); err != nil {
		t.Fatalf("Copy from %q: %v", key, err)
	}
	t.wantContent("copy", data)
	if err := t.store.Delete(t.Context(), backends.Condition{}, key); err != nil {
		t.Fatalf("Delete %q: %v", key, err)
	}
	t.wantAbsent(key)
	if _, err := t.store.Copy(t.Context(), key, backends.Source{Key: "copy"}, backends.Condition{}); err != nil {
		t.Fatalf("Copy to %q: %v", key, err)
	}
	t.wantContent(key, data)
	if err := t.store.Delete(t.Context(), backends.Condition{}, key, "copy"); err != nil {
		t.Fatalf("Delete %q with another: %v", key, err)
	}
	t.wantAbsent(key)
	t.wantAbsent("copy")

	up := t.begin(key, backends.PutOptions{})
	parts := t.putParts(up, data)
	t.commit(up, parts, data)
	t.wantContent(key, data)
}

func keyExactOrRefused(t *T, key string) {
	data := []byte("content")
	if strings.HasSuffix(key, "/") {
		data = nil
	}
	_, err := t.store.Put(t.Context(), key, data, sealed(data, backends.PutOptions{}))
	if err != nil {
		t.wantError("Put", err, backends.ErrKey)
		t.wantObjects("")
		return
	}
	t.stat(key)
	t.wantContent(key, data)
	t.wantObjects("", key)
}

// keyForms holds that keys which some systems take for the same stay apart.
func keyForms(t *T) {
	keys := []string{"Case", "case", "\u00e9", "e\u0301", "a b", "a+b", "a%20b", "a_b"}
	for _, key := range keys {
		t.put(key, []byte(key))
	}
	for _, key := range keys {
		t.wantContent(key, []byte(key))
	}
	t.wantObjects("", keys...)
}

// longKey is a key of n bytes in segments that file systems accept.
func longKey(n int) string {
	var b strings.Builder
	for b.Len() < n {
		if b.Len()%201 == 200 && b.Len() < n-1 {
			b.WriteByte('/')
		} else {
			b.WriteByte('k')
		}
	}
	return b.String()
}

func keyLongest(t *T) {
	keyRoundTrip(t, longKey(t.info.KeyMax))
}

func keyTooLong(t *T) {
	key := longKey(t.info.KeyMax + 1)
	_, err := t.store.Put(t.Context(), key, nil, backends.PutOptions{})
	t.wantError("Put", err, backends.ErrKey)
	t.put("a", nil)
	_, err = t.store.Copy(t.Context(), key, backends.Source{Key: "a"}, backends.Condition{})
	t.wantError("Copy", err, backends.ErrKey)
	if up, err := t.store.Begin(t.Context(), key, backends.PutOptions{}); err == nil {
		parts := t.putParts(up, []byte("x"))
		_, err = up.Commit(t.Context(), parts, backends.Checksum([]byte("x")), backends.Condition{})
		t.wantError("Commit", err, backends.ErrKey)
	} else {
		t.wantError("Begin", err, backends.ErrKey)
	}
	t.wantObjects("", "a")
}

func keyEmpty(t *T) {
	_, err := t.store.Put(t.Context(), "", nil, backends.PutOptions{})
	t.wantError("Put", err, backends.ErrKey)
	_, err = t.store.Stat(t.Context(), "")
	t.wantError("Stat", err, backends.ErrKey)
	_, err = readRange(t.Context(), t.store, "", 0, -1, "")
	t.wantError("Open", err, backends.ErrKey)
	_, err = t.store.Begin(t.Context(), "", backends.PutOptions{})
	t.wantError("Begin", err, backends.ErrKey)
	err = t.store.Delete(t.Context(), backends.Condition{}, "")
	t.wantError("Delete", err, backends.ErrKey)
	t.put("a", nil)
	_, err = t.store.Copy(t.Context(), "", backends.Source{Key: "a"}, backends.Condition{})
	t.wantError("Copy", err, backends.ErrKey)
	t.wantObjects("", "a")
}
