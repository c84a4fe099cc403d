package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// The three buckets of the file. entries is the truth; blobs hang on it; state follows from it.
var (
	bucketEntries = []byte("entries") // sequence -> hash, JSON body
	bucketBlobs   = []byte("blobs")   // sequence -> salt, content
	bucketState   = []byte("state")   // table/key -> value; rebuilt from entries when missing
)

// Tables of the state bucket. A key is the table's prefix and the rest.
const (
	tablePayments  = "p/" // payment id -> record
	tableRequests  = "r/" // request id -> payment id
	tableLocks     = "l/" // n/creditor/number, p/position, d/creditor/document -> holders, space between
	tableHistory   = "n/" // creditor/number/payment id -> settlement: every payment ever sent for a notice
	tableDays      = "d/" // creation day/payment id
	tableOpen      = "u/" // payment id: not finished
	tableOutbox    = "o/" // payment id/index -> outbox value
	tableTerminals = "t/" // name -> terminal record
	tableResults   = "g/" // name/hash of a saved result that is known
	tableCases     = "c/" // case id -> Case
	tableReceipts  = "y/" // year -> last receipt number
	tableMeta      = "m/" // see below
)

const (
	keyFolded = tableMeta + "folded" // head up to which state has been folded
)

// layer holds state that is in the journal and not yet in the state bucket. A nil value: deleted.
type layer map[string][]byte

// view reads the state as of one moment: the bucket, what was committed after it was last folded
// (tail), and in the writer what is about to be committed (pending). It is used by one goroutine.
type view struct {
	bucket  *bolt.Bucket // nil when Check rebuilds from nothing
	tail    layer
	pending layer // nil for readers
}

func (v *view) get(key string) []byte {
	if value, ok := v.pending[key]; ok {
		return value
	}
	if value, ok := v.tail[key]; ok {
		return value
	}
	if v.bucket == nil {
		return nil
	}
	return v.bucket.Get([]byte(key))
}

func (v *view) put(key string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	v.pending[key] = value
}

func (v *view) del(key string) { v.pending[key] = nil }

func (v *view) has(key string) bool { return v.get(key) != nil }

// load decodes the JSON value of key; false when there is none.
func (v *view) load(key string, into any) (bool, error) {
	value := v.get(key)
	if value == nil {
		return false, nil
	}
	if err := json.Unmarshal(value, into); err != nil {
		return false, fmt.Errorf("%w: decode state %q: %w", ErrDamaged, key, err)
	}
	return true, nil
}

func (v *view) store(key string, from any) error {
	value, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("encode state %q: %w", key, err)
	}
	v.put(key, value)
	return nil
}

// scan walks the keys with prefix in their order, or backwards, until fn returns false.
func (v *view) scan(prefix string, backwards bool, fn func(key string, value []byte) bool) {
	over := map[string][]byte{}
	for _, l := range []layer{v.tail, v.pending} {
		for key, value := range l {
			if strings.HasPrefix(key, prefix) {
				over[key] = value
			}
		}
	}
	keys := slices.Sorted(maps.Keys(over))
	before := strings.Compare
	if backwards {
		slices.Reverse(keys)
		before = func(a, b string) int { return strings.Compare(b, a) }
	}
	next := v.cursor(prefix, backwards)
	key, value := next()
	for {
		switch {
		case key == nil && len(keys) == 0:
			return
		case len(keys) == 0 || key != nil && before(string(key), keys[0]) < 0:
			if !fn(string(key), value) {
				return
			}
			key, value = next()
		default:
			top := keys[0]
			keys = keys[1:]
			if string(key) == top {
				key, value = next()
			}
			if over[top] != nil && !fn(top, over[top]) {
				return
			}
		}
	}
}

// cursor walks the bucket alone.
func (v *view) cursor(prefix string, backwards bool) func() (key, value []byte) {
	if v.bucket == nil {
		return func() ([]byte, []byte) { return nil, nil }
	}
	c, p := v.bucket.Cursor(), []byte(prefix)
	started := false
	return func() (key, value []byte) {
		switch {
		case started && backwards:
			key, value = c.Prev()
		case started:
			key, value = c.Next()
		case backwards:
			started = true
			if key, _ = c.Seek(append(bytes.Clone(p), 0xff)); key == nil {
				key, value = c.Last()
			} else {
				key, value = c.Prev()
			}
		default:
			started = true
			key, value = c.Seek(p)
		}
		if key == nil || !bytes.HasPrefix(key, p) {
			return nil, nil
		}
		return key, value
	}
}
