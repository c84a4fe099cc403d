package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// keyPress is one key of the panel. Which fields a key takes is in panelKeys; another one
// is an error.
type keyPress struct {
	Key        string  `json:"key"`
	Cents      *int64  `json:"cents"`
	Seconds    *int64  `json:"seconds"`
	Point      *string `json:"point"`
	TerminalID *string `json:"terminal_id"`
	State      *int    `json:"state"`
}

// given lists the fields that came.
func (p keyPress) given() []string {
	var given []string
	for name, there := range map[string]bool{
		"cents": p.Cents != nil, "seconds": p.Seconds != nil, "point": p.Point != nil,
		"terminal_id": p.TerminalID != nil, "state": p.State != nil,
	} {
		if there {
			given = append(given, name)
		}
	}
	return given
}

// panelKey is what a key needs and does. A field in needs must come, one in may can.
type panelKey struct {
	needs, may string
	do         func(t *Terminal, r *http.Request, p keyPress) error
}

// maxPanelSeconds keeps durations of the panel sane: a year.
const maxPanelSeconds = 366 * 24 * 3600

var panelKeys = map[string]panelKey{
	"card": {do: func(t *Terminal, _ *http.Request, _ keyPress) error { t.PresentCard(); return nil }},
	"pin":  {do: func(t *Terminal, _ *http.Request, _ keyPress) error { t.EnterPIN(); return nil }},
	"red":  {do: func(t *Terminal, _ *http.Request, _ keyPress) error { t.PressRed(); return nil }},
	"manual_sale": {needs: "cents", do: func(t *Terminal, _ *http.Request, p keyPress) error {
		_, err := t.ManualSale(*p.Cents)
		return err
	}},
	"manual_reversal": {do: func(t *Terminal, _ *http.Request, _ keyPress) error { _, err := t.ManualReversal(); return err }},
	"close":           {do: func(t *Terminal, _ *http.Request, _ keyPress) error { _, err := t.ManualClose(); return err }},
	"second_register": {needs: "cents", do: func(t *Terminal, r *http.Request, p keyPress) error {
		_, err := t.SecondRegister(r.Context(), nil, *p.Cents)
		return err
	}},
	"reboot": {may: "point", do: func(t *Terminal, _ *http.Request, p keyPress) error {
		if p.Point != nil {
			return t.RebootAt(RebootPoint(*p.Point))
		}
		t.Reboot()
		return nil
	}},
	"replace": {needs: "terminal_id", do: func(t *Terminal, _ *http.Request, p keyPress) error { return t.Replace(*p.TerminalID) }},
	"clock": {needs: "seconds", do: func(t *Terminal, _ *http.Request, p keyPress) error {
		t.ShiftClock(time.Duration(*p.Seconds) * time.Second)
		return nil
	}},
	"download": {needs: "seconds", do: func(t *Terminal, _ *http.Request, p keyPress) error {
		t.Download(time.Duration(*p.Seconds) * time.Second)
		return nil
	}},
	"state": {needs: "state", do: func(t *Terminal, _ *http.Request, p keyPress) error { return t.SetState(*p.State) }},
	"skew_host": {needs: "cents", do: func(t *Terminal, _ *http.Request, p keyPress) error {
		return t.SkewHost(*p.Cents)
	}},
}

// Panel is the terminal's front, for a browser page beside it: GET state gives a
// Snapshot, POST press {"key":...} presses a key, waits until it is done and gives the
// Snapshot after it. Bodies are JSON and strict; an error is {"error":"..."}.
//
// Whoever reaches it uses the terminal as its owner would: serve it on the loopback
// only. It takes requests for a loopback host with a JSON body only, so that no page of
// another site presses a key.
func Panel(t *Terminal) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, t.Snapshot()) })
	mux.HandleFunc("POST /press", func(w http.ResponseWriter, r *http.Request) {
		key, p, err := readPress(w, r)
		status := http.StatusBadRequest
		if err == nil {
			if err = key.do(t, r, p); err != nil && !errors.Is(err, ErrOptions) {
				status = http.StatusConflict
			}
		}
		if err != nil {
			reply(w, status, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, t.Snapshot())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			reply(w, http.StatusForbidden, map[string]string{"error": "the panel is for this computer only"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// readPress reads the body of a press and checks it against the key's table.
func readPress(w http.ResponseWriter, r *http.Request) (panelKey, keyPress, error) {
	var p keyPress
	bad := func(format string, args ...any) (panelKey, keyPress, error) {
		return panelKey{}, p, fmt.Errorf("%w: %s", ErrOptions, fmt.Sprintf(format, args...))
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return bad("the body is not application/json")
	}
	const longest = 1 << 10
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, longest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return bad("body: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("something follows the body")
	}
	key, known := panelKeys[p.Key]
	if !known {
		return bad("key %q is not on the panel", p.Key)
	}
	given := p.given()
	for _, name := range given {
		if name != key.needs && name != key.may {
			return bad("key %q takes no %s", p.Key, name)
		}
	}
	if key.needs != "" && !slices.Contains(given, key.needs) {
		return bad("key %q needs %s", p.Key, key.needs)
	}
	if p.Seconds != nil && (*p.Seconds < -maxPanelSeconds || *p.Seconds > maxPanelSeconds) {
		return bad("seconds %d are out of range", *p.Seconds)
	}
	return key, p, nil
}

// loopback tells whether a request's Host is this computer.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody else to tell
}
