package ui

import (
	"net/url"
	"testing"
)

// TestCursorsThatNoPageGave: they are refused as what they are, and reach no ledger, whose refusal would be a fault of ours.
func TestCursorsThatNoPageGave(t *testing.T) {
	for cursor, fine := range map[string]bool{"1": true, "18446744073709551615": true, "0": false, "00": false, "18446744073709551616": false,
		"99999999999999999999": false, "-1": false, "+1": false, "1e3": false, "": false} {
		q, err := paymentQuery(url.Values{"cursor": {cursor}})
		if (err == nil) != fine || fine && q.Cursor != cursor {
			t.Errorf("cursor %q: %+v, %v", cursor, q, err)
		}
	}
}
