package main

import (
	"context"

	"ftpbridge/bridge"
	"ftpbridge/ftp"
	"ftpbridge/internal/config"
	"ftpbridge/internal/users"
)

// driver admits the configured user to the store.
type driver struct {
	user  *users.User
	files bridge.Config
}

// Login gives each session files of its own.
func (d *driver) Login(ctx context.Context, _ ftp.Client, name, password string) (ftp.FileSystem, error) {
	ok, err := d.user.Verify(ctx, name, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ftp.ErrLogin
	}
	return bridge.New(d.files), nil
}

func newUser(cfg config.Config) (*users.User, error) {
	if !cfg.PasswordHash.IsSet() {
		return users.WithPassword(cfg.Username, cfg.Password.Reveal()), nil
	}
	user, err := users.WithHash(cfg.Username, cfg.PasswordHash.Reveal())
	if err != nil {
		return nil, config.NewProblems("PASSWORD_HASH", err.Error()+"; make one with: ftpbridge hash-password")
	}
	return user, nil
}
