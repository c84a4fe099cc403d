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
			add(documentLock(n))
		}
	}
	return keys
}

func documentLock(n Notice) string { return tableLocks + "d/" + n.Creditor + "/" + n.Document }

// locks are the locks of a payment that was sent: documents that were freed are not among them.
func (r *record) locks() []string {
	return slices.DeleteFunc(lockKeys(r.Notices), func(key string) bool { return slices.Contains(r.FreeDocuments, key) })
}

// freeDocument gives the document of a registered notice back, so that its next instalment can be paid;
// not before every notice of it in this payment is registered.
func freeDocument(v *view, r *record, of Notice) {
	if of.Document == "" || slices.ContainsFunc(r.Notices, func(n Notice) bool {
		return n.Document == of.Document && n.Creditor == of.Creditor && n.Registration != RegDone
	}) {
		return
	}
	if key := documentLock(of); !slices.Contains(r.FreeDocuments, key) {
		releaseLock(v, r, key)
		r.FreeDocuments = append(r.FreeDocuments, key)
	}
}

// lockHolders are the payments that hold a lock: one, or more after a late charge.
func lockHolders(v *view, key string) []string { return strings.Fields(string(v.get(key))) }

func releaseLocks(v *view, r *record) {
	for _, key := range r.locks() {
		releaseLock(v, r, key)
	}
}

func releaseLock(v *view, r *record, key string) {
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

func historyKey(creditor, number string) string {
	return tableHistory + creditor + "/" + number + "/"
}
