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
	tableRefs      = "x/" // reference of a payment that was sent -> payment id: unique for ever (design 5.1)
	tableLocks     = "l/" // n/creditor/number, p/position, d/creditor/document -> holders, space between
	tableHistory   = "n/" // creditor/number/payment id -> settlement: every payment ever sent for a notice
	tableDays      = "d/" // creation day/payment id
	tableOpen      = "u/" // payment id: not finished
	tableOutbox    = "o/" // payment id/index -> outbox value
	tableTerminals = "t/" // name -> terminal record
	tableResults   = "g/" // name/hash of a saved result that is known
	tableCases     = "c/" // case id -> Case
	tableCaseOf    = "e/" // payment id -> its open cases, space between
	tableReceipts  = "y/" // year -> last receipt number
	tableWaiting   = "w/" // terminal/payment id -> waitingValue: charged and without its receipt
	tableTakings   = "k/" // terminal/session/payment id, and for its reversal /r -> cents
	tableOffline   = "f/" // id -> offline period
	tableMeta      = "m/" // see below
)

const (
	keyFolded  = tableMeta + "folded"  // head up to which state has been folded
	keyOffline = tableMeta + "offline" // id of the newest offline period
	keySetup   = tableMeta + "setup"   // open cases that say that the platform cannot register, space between
)

// cell is one value of the state: encoded, or as an object until it is folded. Objects in cells are
// shared and never changed; decode gives copies.
type cell struct {
	raw  []byte
	obj  any
	gone bool // deleted
}

func (c cell) encoded() ([]byte, error) {
	if c.obj == nil {
		return c.raw, nil
	}
	return json.Marshal(c.obj)
}

// layer holds state that is in the journal and not yet in the state bucket.
type layer map[string]cell

// view reads the state as of one moment: the bucket, what was committed after it was last folded
// (tail), and in the writer what is about to be committed (pending). It is used by one goroutine.
type view struct {
	bucket  *bolt.Bucket // nil when Check rebuilds from nothing
	tail    layer
	pending layer // nil for readers
}

func (v *view) find(key string) (cell, bool) {
	for _, l := range []layer{v.pending, v.tail} {
		if c, ok := l[key]; ok {
			return c, !c.gone
		}
	}
	if v.bucket == nil {
		return cell{}, false
	}
	raw := v.bucket.Get([]byte(key))
	return cell{raw: raw}, raw != nil
}

func (v *view) has(key string) bool { _, ok := v.find(key); return ok }

// get returns the value of a key in a table of plain bytes; nil when there is none.
func (v *view) get(key string) []byte { c, _ := v.find(key); return c.raw }

func (v *view) put(key string, value []byte) { v.pending[key] = cell{raw: value} }

func (v *view) del(key string) { v.pending[key] = cell{gone: true} }

// store keeps obj, which must not be changed any more, as the value of key.
func (v *view) store(key string, obj any) { v.pending[key] = cell{obj: obj} }

// stateful is a value of one of the tables that hold objects.
type stateful[T any] interface {
	*T
	clone() *T
}

// load returns a copy of the object of key; nil when there is none.
func load[T any, P stateful[T]](v *view, key string) (*T, error) {
	c, ok := v.find(key)
	if !ok {
		return nil, nil
	}
	return decode[T, P](key, c)
}

func decode[T any, P stateful[T]](key string, c cell) (*T, error) {
	if obj, ok := c.obj.(P); ok {
		return obj.clone(), nil
	}
	t := new(T)
	if err := json.Unmarshal(c.raw, t); err != nil {
		return nil, fmt.Errorf("%w: decode state %q: %w", ErrDamaged, key, err)
	}
	return t, nil
}

// scan walks the keys with prefix in their order, or backwards, until fn returns false.
func (v *view) scan(prefix string, backwards bool, fn func(key string, c cell) bool) {
	over := map[string]cell{}
	for _, l := range []layer{v.tail, v.pending} {
		for key, c := range l {
			if strings.HasPrefix(key, prefix) {
				over[key] = c
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
			if !fn(string(key), cell{raw: value}) {
				return
			}
			key, value = next()
		default:
			top := keys[0]
			keys = keys[1:]
			if string(key) == top {
				key, value = next()
			}
			if c := over[top]; !c.gone && !fn(top, c) {
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
