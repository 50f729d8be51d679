// Package ftp is an FTP server engine (RFC 959 with 1123, 2389, 2428, 2640,
// 3659). It knows nothing of objects or clouds: a Driver admits users and gives
// each session a FileSystem, and filesystem.go is all that an integrator has
// to read.
package ftp
