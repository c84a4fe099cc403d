package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// Metrics writes the figures of the moment in Prometheus' text format 0.0.4. It is written by hand, since the format is
// a few lines and its usual library, with what it needs, would be an eighth of the idle memory that the service may
// have. No label grows: terminals and certificates are those of the configuration. Nobody outside is asked.
func (u *upkeep) Metrics(ctx context.Context) ([]byte, error) {
	s, err := u.till.Snapshot(ctx, local.Operator{})
	if err != nil {
		return nil, err
	}
	m := &figures{now: time.Now()}
	m.gauge("sportello_info", "What runs here.", 1, "version", version, "installation", u.cfg.Installation, "go", runtime.Version())
	m.gauge("sportello_start_time_seconds", "When the service was started, Unix time.", seconds(u.begun))
	open := 1.0
	if r, err := u.till.RestoreStatus(ctx); err == nil && !r.Open {
		open = 0
	}
	m.gauge("sportello_charging_allowed", "0: nothing is charged, because the ledger is a copy whose gap is open, or was moved.", open)
	u.queueFigures(m, s)
	u.platformFigures(m, s.Platform)
	u.terminalFigures(m, s.Terminals)
	if err := u.ledgerFigures(m); err != nil {
		return nil, err
	}
	u.certificateFigures(m)
	return m.out.Bytes(), nil
}

func (u *upkeep) queueFigures(m *figures, s local.Snapshot) {
	q := local.QueueStatus{}
	if s.Queue != nil {
		q = *s.Queue
	}
	m.gauge("sportello_queue_depth", "Charged notices whose registration is awaited.", float64(q.Depth))
	m.gauge("sportello_queue_late", "Of these, past the time a receipt takes.", float64(q.Late))
	m.gauge("sportello_queue_red", "Of these, past the flow's time: cases.", float64(q.Red))
	m.gauge("sportello_queue_watched", "Attempts that ended not charged and are watched for a receipt.", float64(q.Watched))
	age := 0.0
	if q.Oldest != nil {
		age = max(0, m.now.Sub(*q.Oldest).Seconds())
	}
	m.gauge("sportello_queue_oldest_age_seconds", "How long ago the oldest of the queue was charged; 0: the queue is empty.", age)
	m.gauge("sportello_offline_period_open", "1: cards are charged although the platform does not answer.", truth(s.Offline != nil))
}

func (u *upkeep) platformFigures(m *figures, p local.Platform) {
	m.states("sportello_platform_state", "The platform by its last answer.", string(p.Light), []string{string(local.LightReady), string(local.LightNotReady), string(local.LightUnknown)})
	if p.SeenAt != nil {
		m.gauge("sportello_platform_seen_seconds", "When it was seen last, Unix time.", seconds(*p.SeenAt))
	}
	seen := u.platform.client.Seen()
	if !seen.ClockAt.IsZero() {
		m.gauge("sportello_platform_clock_offset_seconds", "The platform's clock minus this PC's, by the newest answer.", seen.Clock.Seconds())
	}
}

func (u *upkeep) terminalFigures(m *figures, all []local.Terminal) {
	lights := []string{string(local.LightReady), string(local.LightBusy), string(local.LightNotReady), string(local.LightUnknown)}
	for _, t := range all {
		m.states("sportello_terminal_state", "A terminal as it was seen last.", string(t.Light), lights, "terminal", t.Name)
	}
	for _, t := range all {
		m.gauge("sportello_terminal_needs_people", "1: locked by an unknown outcome, stopped, or to be adopted.", truth(t.Locked || t.Stopped != nil || t.NeedsAdopt), "terminal", t.Name)
	}
	for _, t := range all {
		if t.Passport != nil {
			m.gauge("sportello_terminal_clock_offset_seconds", "A terminal's clock minus this PC's, when it was commissioned.", float64(t.Passport.ClockSeconds), "terminal", t.Name)
		}
	}
}

func (u *upkeep) ledgerFigures(m *figures) error {
	ends := u.ledger.Outcomes()
	for _, name := range ledger.Ends() {
		m.counter("sportello_payments_total", "What attempts have come to since the service was started; an unknown one counts again when it is decided.", float64(ends[name]), "outcome", name)
	}
	cases, err := u.ledger.OpenCases()
	if err != nil {
		return err
	}
	stats := u.ledger.Stats()
	m.gauge("sportello_cases_open", "What people have to mend.", float64(cases))
	m.gauge("sportello_ledger_entries", "Entries of the journal.", float64(stats.Entries))
	m.counter("sportello_ledger_commits_total", "Commits since the service was started.", float64(stats.Commits))
	if free, err := freeBytes(u.cfg.DataDir); err == nil {
		m.gauge("sportello_disk_free_bytes", "Free space for the ledger.", float64(free))
	}
	m.gauge("sportello_goroutines", "Goroutines of the process.", float64(runtime.NumGoroutine()))
	return nil
}

// certificateFigures reads the certificates that are ours to renew, which have changed when they were; the platform's
// own is as it showed it last.
func (u *upkeep) certificateFigures(m *figures) {
	const name, help = "sportello_certificate_days_left", "Days until a certificate ends; less than 0: it has ended."
	if seen := u.platform.client.Seen(); !seen.Expires.IsZero() {
		m.gauge(name, help, days(seen.Expires, m.now), "certificate", "platform_server")
	}
	files := map[string]string{"platform_client": u.cfg.Platform.Auth.Certificate}
	if u.cfg.TLS != nil {
		files["page"] = u.cfg.TLS.Certificate
	}
	for _, of := range []string{"page", "platform_client"} {
		if files[of] == "" {
			continue
		}
		if cert, err := readCertificate(files[of]); err == nil {
			m.gauge(name, help, days(cert.NotAfter, m.now), "certificate", of)
		}
	}
}

// figures writes the text format. The samples of a family stand together.
type figures struct {
	now  time.Time
	out  bytes.Buffer
	last string // family
}

func (m *figures) gauge(name, help string, value float64, labels ...string) {
	m.family(name, help, "gauge")
	m.sample(name, value, labels...)
}

func (m *figures) counter(name, help string, value float64, labels ...string) {
	m.family(name, help, "counter")
	m.sample(name, value, labels...)
}

// states is 1 for the state that is, and 0 for every other.
func (m *figures) states(name, help, is string, all []string, labels ...string) {
	m.family(name, help, "gauge")
	for _, state := range all {
		m.sample(name, truth(state == is), append(append([]string{}, labels...), "state", state)...)
	}
}

func (m *figures) family(name, help, kind string) {
	if m.last == name {
		return
	}
	m.last = name
	fmt.Fprintf(&m.out, "# HELP %s %s\n# TYPE %s %s\n", name, strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(help), name, kind)
}

func (m *figures) sample(name string, value float64, labels ...string) {
	m.out.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		open := ","
		if i == 0 {
			open = "{"
		}
		fmt.Fprintf(&m.out, "%s%s=\"%s\"", open, labels[i], strings.NewReplacer("\\", `\\`, "\"", `\"`, "\n", `\n`).Replace(labels[i+1]))
	}
	if len(labels) > 0 {
		m.out.WriteByte('}')
	}
	m.out.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

func days(until, now time.Time) float64 {
	return float64(until.Sub(now).Round(time.Minute)) / float64(24*time.Hour)
}
