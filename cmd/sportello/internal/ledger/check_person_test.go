package ledger

import (
	"fmt"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestCheckNamesNobody: what is wrong with the archive's index goes to support; who owed does not.
func TestCheckNamesNobody(t *testing.T) {
	for how, lie := range map[string]func(terms *bolt.Bucket, term []byte) error{
		"missing":  func(terms *bolt.Bucket, term []byte) error { return terms.Delete(term) },
		"wrong":    func(terms *bolt.Bucket, term []byte) error { return terms.Put(term, []byte{1, 0}) },
		"unlawful": func(terms *bolt.Bucket, term []byte) error { return terms.Put(term, []byte{1}) },
	} {
		for _, term := range []string{"wFILOMENA", "fVRDFLM80A41H501X"} {
			l := open(t, t.TempDir(), func(o *Options) { o.archiveEvery = 1 })
			in := intent(1)
			in.Debtors = []Debtor{{Name: "Filomena Verdi", TaxCode: "VRDFLM80A41H501X"}}
			must(l.Intend(in))(t)
			follow(t, l)
			l.archive.mu.RLock()
			err := l.archive.db.Update(func(tx *bolt.Tx) error { return lie(tx.Bucket(bucketTerms), termKey(0, term)) })
			l.archive.mu.RUnlock()
			if err != nil {
				t.Fatal(err)
			}
			r := must(l.Check())(t)
			if len(r.Problems) != 1 {
				t.Fatalf("%s %s: %+v", how, term, r)
			}
			if said := strings.ToUpper(fmt.Sprint(r)); strings.Contains(said, "FILOMENA") || strings.Contains(said, "VRDFLM") {
				t.Errorf("%s %s: %s", how, term, said)
			}
		}
	}
}
