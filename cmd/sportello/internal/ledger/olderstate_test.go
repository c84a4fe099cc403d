package ledger

import (
	"encoding/json"
	"errors"
	"testing"

	bolt "go.etcd.io/bbolt"

	"sportello/driver"
)

// TestStateOfBeforeTheLag: a ledger whose state was folded when the newest result was whatever the terminal told last
// (version 7) is as sound as before, and is read by the rule of now: its entries are the same.
func TestStateOfBeforeTheLag(t *testing.T) {
	l := open(t, t.TempDir())
	one := must(l.Intend(intent(1)))(t)
	must(l.Conclude(one.ID, charged("000042")))(t)
	older, cancelled := []byte("result 000042"), []byte("refused, without a number")
	two := intent(2)
	two.Baseline.Last, two.Baseline.LastSTAN = older, "000042"
	p := must(l.Intend(two))(t)
	must(l.Conclude(p.ID, Conclusion{Outcome: driver.Outcome{Verdict: driver.NotCharged, Charge: &driver.Charge{STAN: "000000"}}, RawResult: cancelled}))(t)
	three := intent(3)
	three.Baseline.Last, three.Baseline.LastSTAN = older, "000042"
	must(l.Intend(three))(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	db := must(bolt.Open(l.path, 0o600, nil))(t)
	err := db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketState)
		var terminal map[string]any
		if err := json.Unmarshal(b.Get([]byte(tableTerminals+"cassa1")), &terminal); err != nil {
			return err
		}
		terminal["LastResult"], terminal["LastSTAN"] = resultHash(older), "000042"
		value, err := json.Marshal(terminal)
		folded := append([]byte(nil), b.Get([]byte(keyFolded))...)
		folded[len(folded)-1] = 7
		return errors.Join(err, b.Put([]byte(tableTerminals+"cassa1"), value), b.Put([]byte(keyFolded), folded))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	wantSound(t, l.path)
	n := must(Open(l.path[:len(l.path)-len(FileName)-1], l.opt))(t)
	defer func() { _ = n.Close() }()
	if !must(n.KnowsResult("cassa1", cancelled, "000000"))(t) {
		t.Error("what the version before has written is read by its rule")
	}
	if rep := must(n.Check())(t); len(rep.Problems) != 0 {
		t.Errorf("%+v", rep.Problems)
	}
}
