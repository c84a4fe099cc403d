package ledger

import (
	"slices"
	"strings"
)

// lockKeys are the locks of a payment: each notice, its position on the platform and its document.
func lockKeys(notices []Notice) []string {
	var keys []string
	add := func(key string) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, n := range notices {
		add(tableLocks + "n/" + n.Creditor + "/" + n.Number)
		if n.Position != "" {
			add(tableLocks + "p/" + n.Position)
		}
		if n.Document != "" {
			add(tableLocks + "d/" + n.Creditor + "/" + n.Document)
		}
	}
	return keys
}

// lockHolders are the payments that hold a lock: one, or more after a late charge.
func lockHolders(v *view, key string) []string { return strings.Fields(string(v.get(key))) }

func releaseLocks(v *view, r *record) {
	for _, key := range lockKeys(r.Notices) {
		holders := lockHolders(v, key)
		left := slices.DeleteFunc(slices.Clone(holders), func(id string) bool { return id == r.ID })
		switch {
		case len(left) == len(holders):
		case len(left) == 0:
			v.del(key)
		default:
			v.put(key, []byte(strings.Join(left, " ")))
		}
	}
}

func historyKey(creditor, number string) string {
	return tableHistory + creditor + "/" + number + "/"
}
