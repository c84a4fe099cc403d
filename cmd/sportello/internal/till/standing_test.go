package till

import "testing"

// The page plans a cart by what the terminal says of itself: in the list, and in every event.
func TestATerminalSaysHowManyNoticesItTakes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		if got := w.terminal("cassa1").MaxNotices; got != 5 {
			t.Errorf("the list says %d notices, want 5", got)
		}
		w.till.stations["cassa1"].publish()
		if got := w.hub.shown("cassa1").MaxNotices; got != 5 {
			t.Errorf("the screens show %d notices, want 5", got)
		}
	}, func(w *world) { w.max = 5 })
	bubble(t, func(t *testing.T, w *world) {
		if got := w.terminal("cassa1").MaxNotices; got != 1 {
			t.Errorf("a terminal that is told nothing takes %d, want 1", got)
		}
	}, func(w *world) { w.max = 0 })
}
