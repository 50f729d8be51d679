package users_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"ftpbridge/internal/users"
)

// cheap is a hash of "password" that a test can afford.
const cheap = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

func verify(t *testing.T, u *users.User, name, password string) bool {
	t.Helper()
	ok, err := u.Verify(t.Context(), name, password)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return ok
}

func TestVerify(t *testing.T) {
	hashed, err := users.WithHash("scanner", cheap)
	if err != nil {
		t.Fatal(err)
	}
	for kind, user := range map[string]*users.User{"plain": users.WithPassword("scanner", "password"), "hashed": hashed} {
		tests := []struct {
			name, password string
			want           bool
		}{
			{"scanner", "password", true},
			{"scanner", "Password", false},
			{"scanner", "password ", false},
			{"scanner", "", false},
			{"Scanner", "password", false},
			{"", "password", false},
			{"", "", false},
			{"scanner", strings.Repeat("p", 4096), false},
		}
		for _, tt := range tests {
			if got := verify(t, user, tt.name, tt.password); got != tt.want {
				t.Errorf("%s: Verify(%q, %q) = %v, want %v", kind, tt.name, tt.password, got, tt.want)
			}
		}
	}
}

func TestWithHashKnownValues(t *testing.T) {
	tests := map[string]struct{ hash, password string }{
		"argon2id, reference":  {cheap, "password"},
		"argon2id, two lanes":  {"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		"bcrypt 2b":            {"$2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm", "hunter2"},
		"bcrypt 2y":            {"$2y$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm", "hunter2"},
		"PBKDF2, SHA-256":      {"$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g", "hunter2"},
		"PBKDF2, padded":       {"$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg==$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g=", "hunter2"},
		"PBKDF2, passlib":      {"$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$Xp/4UtI3VYuUskUJvg/ElBho/1QUob2t4wOqDH2dRs5/P6kzj5.E8oi97sPcw7P4ZvydZ2rKx3aQeetuxYWOOg", "hunter2"},
		"ours":                 {users.HashPassword("hunter2"), "hunter2"},
		"ours, longer than 72": {users.HashPassword(strings.Repeat("ä", 100)), strings.Repeat("ä", 100)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			user, err := users.WithHash("u", tt.hash)
			if err != nil {
				t.Fatalf("WithHash: %v", err)
			}
			if !verify(t, user, "u", tt.password) {
				t.Error("the right password is refused")
			}
			if verify(t, user, "u", tt.password+"x") {
				t.Error("a wrong password is taken")
			}
		})
	}
}

func TestHashPasswordIsSalted(t *testing.T) {
	a, b := users.HashPassword("hunter2"), users.HashPassword("hunter2")
	if a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("HashPassword = %s and %s", a, b)
	}
}

func TestWithHashRefuses(t *testing.T) {
	sum := "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	tests := map[string]struct{ hash, want string }{
		"nothing":             {"", "known format"},
		"a plain password":    {"hunter2", "known format"},
		"another scheme":      {"$argon2i$v=19$m=256,t=2,p=1" + sum, "known format"},
		"an old version":      {"$argon2id$v=16$m=256,t=2,p=1" + sum, "known format"},
		"no version":          {"$argon2id$m=256,t=2,p=1" + sum, "known format"},
		"much memory":         {"$argon2id$v=19$m=262145,t=2,p=1" + sum, "costs too much"},
		"much time":           {"$argon2id$v=19$m=256,t=17,p=1" + sum, "costs too much"},
		"many threads":        {"$argon2id$v=19$m=256,t=1,p=17" + sum, "costs too much"},
		"overflowing threads": {"$argon2id$v=19$m=256,t=1,p=256" + sum, "known format"},
		"no time":             {"$argon2id$v=19$m=256,t=0,p=1" + sum, "known format"},
		"no threads":          {"$argon2id$v=19$m=256,t=1,p=0" + sum, "known format"},
		"little memory":       {"$argon2id$v=19$m=7,t=1,p=1" + sum, "known format"},
		"missing parameter":   {"$argon2id$v=19$m=256,t=1" + sum, "known format"},
		"negative":            {"$argon2id$v=19$m=-256,t=1,p=1" + sum, "known format"},
		"short salt":          {"$argon2id$v=19$m=256,t=1,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "known format"},
		"short sum":           {"$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHQ$nf65", "known format"},
		"long sum":            {"$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("AAAA", 50), "known format"},
		"not base64":          {"$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHQ$!!!!", "known format"},
		"trailing field":      {cheap + "$x", "known format"},
		"bcrypt, cut":         {"$2b$04$abcdefghijklmnopqrstuu", "known format"},
		"bcrypt, trailing":    {"$2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVmx", "known format"},
		"bcrypt, much":        {"$2b$16$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm", "costs too much"},
		"PBKDF2, much":        {"$pbkdf2-sha256$i=5000001$MDEyMzQ1Njc4OWFiY2RlZg$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g", "costs too much"},
		"PBKDF2, none":        {"$pbkdf2-sha256$i=0$MDEyMzQ1Njc4OWFiY2RlZg$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g", "known format"},
		"PBKDF2, SHA-1":       {"$pbkdf2$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g", "known format"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := users.WithHash("u", tt.hash)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("WithHash: %v, want %q", err, tt.want)
			}
			if tt.hash != "" && strings.Contains(err.Error(), tt.hash) {
				t.Errorf("the error repeats the hash: %v", err)
			}
		})
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	user, err := users.WithHash("u", cheap)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := user.Verify(ctx, "u", "password"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with an ended context = %v, %v", ok, err)
	}
}

func FuzzWithHash(f *testing.F) {
	f.Add(cheap)
	f.Add("$2b$04$abcdefghijklmnopqrstuuV3duMsC0HpUex6N9qapiuOHHWkwRXVm")
	f.Add("$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$pj4T35D2v4tYmC1sTJ1y5tcMADOdtnQGvuHmyYDQh2g")
	f.Fuzz(func(t *testing.T, hash string) {
		user, err := users.WithHash("u", hash)
		if (user == nil) == (err == nil) {
			t.Errorf("WithHash(%q) = %v, %v", hash, user, err)
		}
	})
}
