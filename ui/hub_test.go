package ui

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"sportello/protocol/local"
)

func numbers(t *testing.T, batch [][]byte) []uint64 {
	t.Helper()
	var all []uint64
	for _, text := range batch {
		var event local.Event
		if err := json.Unmarshal(text, &event); err != nil {
			t.Fatal(err)
		}
		all = append(all, event.Sequence)
	}
	return all
}

func TestHubNumbersAndQueues(t *testing.T) {
	h := NewHub()
	h.Publish(local.Event{Type: local.EventPlatform}) // nobody there: it counts all the same
	c := h.join()
	h.Publish(local.Event{Type: local.EventPlatform}) // joined, not started: the snapshot will have it
	if base := c.restart(); base != 2 {
		t.Fatalf("base %d", base)
	}
	for range 3 {
		h.Publish(local.Event{Type: local.EventPayment, Payment: &local.Payment{ID: "p"}, Sequence: 99})
	}
	<-c.wake
	batch, behind := c.take(nil)
	if got := fmt.Sprint(numbers(t, batch)); got != "[3 4 5]" || behind {
		t.Errorf("%s, behind %v", got, behind)
	}
	if batch, behind := c.take(batch); len(batch) != 0 || behind {
		t.Errorf("taken twice: %d", len(batch))
	}
	if h.Sequence() != 5 {
		t.Errorf("sequence %d", h.Sequence())
	}
	c.leave()
	h.Publish(local.Event{Type: local.EventPlatform})
	if batch, _ := c.take(nil); len(batch) != 0 {
		t.Error("a client that left got an event")
	}
}

// A client that takes nothing costs a bounded queue, loses it, and starts over without a hole.
func TestHubDropsTheSlow(t *testing.T) {
	h := NewHub()
	slow, quick := h.join(), h.join()
	slow.restart()
	quick.restart()
	var got []uint64
	var batch [][]byte
	for i := range 10 * maxBehind {
		h.Publish(local.Event{Type: local.EventActivity, Activity: &local.Activity{Text: fmt.Sprint(i)}})
		<-quick.wake
		batch, _ = quick.take(batch)
		got = append(got, numbers(t, batch)...)
	}
	if len(slow.queue) > maxBehind || cap(slow.queue) > maxBehind {
		t.Errorf("queue of %d, room for %d", len(slow.queue), cap(slow.queue))
	}
	if taken, behind := slow.take(nil); !behind || len(taken) != 0 {
		t.Errorf("behind %v with %d events", behind, len(taken))
	}
	for i, n := range got {
		if n != uint64(i+1) {
			t.Fatalf("the quick one got %d as number %d", n, i+1)
		}
	}
	base := slow.restart()
	h.Publish(local.Event{Type: local.EventPlatform})
	taken, behind := slow.take(nil)
	if got := numbers(t, taken); behind || len(got) != 1 || got[0] != base+1 {
		t.Errorf("after restart at %d: %v, behind %v", base, got, behind)
	}
	// Exactly full is not behind; one more is.
	slow.restart()
	for range maxBehind {
		h.Publish(local.Event{Type: local.EventPlatform})
	}
	if taken, behind := slow.take(nil); behind || len(taken) != maxBehind {
		t.Errorf("full: %d, behind %v", len(taken), behind)
	}
}

// State changes, then its event: whatever the timing, snapshot and the events after it give every client
// the last state, each number once.
func TestHubSnapshotAndEventsFit(t *testing.T) {
	h := NewHub()
	var mu sync.Mutex
	state := map[int]int{} // per publisher: its last value
	const publishers, each, readers = 4, 500, 4
	var publishing, reading sync.WaitGroup
	published := make(chan struct{})
	for p := range publishers {
		publishing.Go(func() {
			for v := 1; v <= each; v++ {
				mu.Lock()
				state[p] = v
				mu.Unlock()
				h.Publish(local.Event{Type: local.EventPayment, Payment: &local.Payment{ID: fmt.Sprint(p), AmountCents: int64(v)}})
			}
		})
	}
	for range readers {
		reading.Go(func() {
			c := h.join()
			defer c.leave()
			seen := map[string]int64{}
			last, restarts := uint64(0), 0
			var batch [][]byte
			for behind := true; last < publishers*each; {
				if behind {
					last = c.restart()
					restarts++
					mu.Lock()
					for p, v := range state {
						seen[fmt.Sprint(p)] = int64(v)
					}
					mu.Unlock()
					behind = false
					continue
				}
				ended := false
				select {
				case <-c.wake:
				case <-published:
					ended = true
				}
				if batch, behind = c.take(batch); behind {
					continue
				}
				if ended && len(batch) == 0 {
					t.Errorf("nothing more comes after %d", last)
					return
				}
				for _, text := range batch {
					var event local.Event
					if err := json.Unmarshal(text, &event); err != nil {
						t.Error(err)
						return
					}
					if event.Sequence != last+1 {
						t.Errorf("number %d after %d", event.Sequence, last)
						return
					}
					last = event.Sequence
					seen[event.Payment.ID] = event.Payment.AmountCents
				}
			}
			for p := range publishers {
				if got := seen[fmt.Sprint(p)]; got != each {
					t.Errorf("publisher %d ends at %d after %d restarts", p, got, restarts)
				}
			}
		})
	}
	publishing.Wait()
	close(published)
	reading.Wait()
}

func TestHubWithoutClientsAllocatesNothing(t *testing.T) {
	h := NewHub()
	event := local.Event{Type: local.EventPayment, Payment: &local.Payment{ID: "p"}}
	if n := testing.AllocsPerRun(100, func() { h.Publish(event) }); n != 0 {
		t.Errorf("%.0f allocations with nobody listening", n)
	}
}
