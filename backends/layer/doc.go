// Package layer holds Stores that hold a Store and change one thing about it.
// Each is total: it forwards every method, Upload and Reader included, and
// keeps the contract of package backends as far as the Store below does.
package layer
