package settle

import (
	"cmp"
	"container/heap"
	"time"
)

// line is a heap of items: the one whose turn is first is on top, and every step
// costs the logarithm of what waits.
type line struct {
	items  []*item
	before func(a, b *item) bool
	place  func(*item) *int // where the item stands in this line; -1: it does not
}

var _ heap.Interface = (*line)(nil)

// The places of an item.
const (
	placeTurn = iota
	placeClock
	placeAge
	places
)

func newLine(place int, before func(a, b *item) bool) *line {
	return &line{before: before, place: func(it *item) *int { return &it.place[place] }}
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (l *line) Len() int           { return len(l.items) }
func (l *line) Less(i, j int) bool { return l.before(l.items[i], l.items[j]) }

func (l *line) Swap(i, j int) {
	l.items[i], l.items[j] = l.items[j], l.items[i]
	*l.place(l.items[i]), *l.place(l.items[j]) = i, j
}

func (l *line) Push(x any) {
	it := x.(*item)
	*l.place(it) = len(l.items)
	l.items = append(l.items, it)
}

func (l *line) Pop() any {
	last := len(l.items) - 1
	it := l.items[last]
	l.items[last], l.items = nil, l.items[:last]
	*l.place(it) = -1
	return it
}

// top is the first item; nil when there is none.
func (l *line) top() *item {
	if len(l.items) == 0 {
		return nil
	}
	return l.items[0]
}

// put places an item, or moves it where it belongs now.
func (l *line) put(it *item) {
	if i := *l.place(it); i >= 0 {
		heap.Fix(l, i)
		return
	}
	heap.Push(l, it)
}

// drop takes an item out, if it is there.
func (l *line) drop(it *item) {
	if i := *l.place(it); i >= 0 {
		heap.Remove(l, i)
	}
}

// byTurn is the order of looks, byClock that of alarms, byAge that of charges.
func byTurn(a, b *item) bool {
	return cmp.Or(a.due.Compare(b.due), a.since.Compare(b.since), cmp.Compare(a.key, b.key)) < 0
}

func byClock(a, b *item) bool { return a.alarm().Before(b.alarm()) }

func byAge(a, b *item) bool {
	return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.key, b.key)) < 0
}

// alarm is when the next of an item's two clocks rings; zero: both have.
func (it *item) alarm() time.Time {
	if !it.lateAt.IsZero() {
		return it.lateAt
	}
	return it.redAt
}
