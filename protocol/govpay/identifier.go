package govpay

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// isID reports whether s may be one of the platform's keys: idA2A, idPendenza,
// idVocePendenza, idTipoPendenza.
func isID(s string) bool {
	if s == "" || len(s) > 35 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', isDigit(c), c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// PositionID makes the identifier of a position that we create from the
// installation and the request that asks for it: the same for every repeat of the
// request, another for every other request, and telling nothing about either.
func PositionID(installation, request string) string {
	sum := sha256.Sum256([]byte(installation + "\x00" + request))
	id := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]) // 24 characters
	prefix := strings.Map(func(r rune) rune {
		if isID(string(r)) {
			return r
		}
		return -1
	}, installation)
	return "SP-" + prefix[:min(7, len(prefix))] + "-" + id // 35 at most
}
