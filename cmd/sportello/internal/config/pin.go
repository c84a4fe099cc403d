package config

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// MinPIN and MaxPIN bound a PIN, in characters.
const (
	MinPIN = 4
	MaxPIN = 64
)

// Cost of one argon2id hash. 19 MiB and two passes keep a small PC's memory and a clerk's patience.
const (
	costMemory  = 19456 // KiB
	costTime    = 2
	costThreads = 1
	saltLength  = 16
	keyLength   = 32
	// A hash made elsewhere may cost other amounts, within these.
	minMemory, maxMemory = 8 << 10, 64 << 10
	maxTime, maxThreads  = 10, 4
)

// pinHash is a parsed PHC string.
type pinHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

// HashPIN makes the hash for the operators' file: $argon2id$v=19$m=19456,t=2,p=1$SALT$KEY. The error is ErrPIN.
func HashPIN(pin string) (string, error) {
	if n := utf8.RuneCountInString(pin); n < MinPIN || n > MaxPIN || !utf8.ValidString(pin) {
		return "", fmt.Errorf("%w: found %d", ErrPIN, n)
	}
	h := pinHash{memory: costMemory, time: costTime, threads: costThreads, salt: make([]byte, saltLength)}
	rand.Read(h.salt) // never fails: crypto/rand ends the process instead
	h.key = h.derive(pin, keyLength)
	debug.FreeOSMemory()
	return h.String(), nil
}

func (h pinHash) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

func (h pinHash) derive(pin string, length int) []byte {
	return argon2.IDKey([]byte(pin), h.salt, h.time, h.memory, h.threads, uint32(length))
}

// matches takes as long for a wrong PIN as for the right one.
func (h pinHash) matches(pin string) bool {
	return subtle.ConstantTimeCompare(h.derive(pin, len(h.key)), h.key) == 1
}

// parseHash reads a PHC string; its cost is bounded, because the file decides how much memory a
// sign-in takes. The error is ErrHash and never repeats the hash.
func parseHash(s string) (pinHash, error) {
	var h pinHash
	parts := strings.Split(s, "$")
	if len(s) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return h, fmt.Errorf("%w: it does not begin with $argon2id$v=19$", ErrHash)
	}
	cost := ""
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err == nil {
		cost = fmt.Sprintf("m=%d,t=%d,p=%d", h.memory, h.time, h.threads)
	}
	if cost != parts[3] || h.memory < minMemory || h.memory > maxMemory || h.time < 1 || h.time > maxTime || h.threads < 1 || h.threads > maxThreads {
		return h, fmt.Errorf("%w: cost %q", ErrHash, parts[3])
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return h, fmt.Errorf("%w: salt", ErrHash)
	}
	if h.key, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(h.key) < 16 {
		return h, fmt.Errorf("%w: key", ErrHash)
	}
	return h, nil
}
