package config

import "errors"

// Signing in. Both reach the caller inside a *local.Error.
var (
	// ErrCredentials: no such operator, or another PIN. Which of the two is not told.
	ErrCredentials = errors.New("unknown operator or wrong PIN")
	// ErrOperators: the operators' file has become unreadable or wrong; nobody can sign in until it
	// is mended. The cause is an *InvalidError.
	ErrOperators = errors.New("operators file cannot be used")
)

// Making a hash.
var (
	// ErrPIN: shorter than MinPIN or longer than MaxPIN characters.
	ErrPIN = errors.New("a PIN has 4 to 64 characters")
	// ErrHash: not an argon2id hash in PHC form, or one whose cost is outside the limits.
	ErrHash = errors.New("not a usable argon2id hash")
)
