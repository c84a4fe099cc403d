package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

// exposition reads Prometheus' text format 0.0.4 as strictly as the format is written down: what a scraper would refuse
// or misread is an error. It gives every sample by name and labels.
func exposition(text string) (map[string]float64, map[string]string, error) {
	samples, kinds, ended := map[string]float64{}, map[string]string{}, map[string]bool{}
	family, help := "", map[string]bool{}
	if !strings.HasSuffix(text, "\n") {
		return nil, nil, fmt.Errorf("does not end with a line feed")
	}
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fail := func(what string) error { return fmt.Errorf("line %d: %s: %q", n+1, what, line) }
		words := strings.SplitN(line, " ", 4)
		switch {
		case strings.HasPrefix(line, "# HELP "):
			if len(words) < 4 || !metricName.MatchString(words[2]) || help[words[2]] {
				return nil, nil, fail("HELP")
			}
			help[words[2]] = true
			ended[family], family = true, words[2]
			if ended[family] {
				return nil, nil, fail("a family in two places")
			}
			continue
		case strings.HasPrefix(line, "# TYPE "):
			if len(words) != 4 || words[2] != family || kinds[family] != "" || words[3] != "gauge" && words[3] != "counter" {
				return nil, nil, fail("TYPE")
			}
			kinds[family] = words[3]
			continue
		case line == "" || strings.HasPrefix(line, "#"):
			return nil, nil, fail("nothing of a sample")
		}
		name, rest := line, ""
		if i := strings.IndexAny(line, "{ "); i >= 0 {
			name, rest = line[:i], line[i:]
		}
		if name != family || kinds[family] == "" || !metricName.MatchString(name) {
			return nil, nil, fail("a sample outside its family")
		}
		if kinds[family] == "counter" && !strings.HasSuffix(name, "_total") {
			return nil, nil, fail("a counter's name")
		}
		if strings.HasPrefix(rest, "{") {
			seen := map[string]bool{}
			rest = rest[1:]
			for {
				label, after, ok := strings.Cut(rest, "=\"")
				if !ok || !labelName.MatchString(label) || strings.HasPrefix(label, "__") || seen[label] {
					return nil, nil, fail("a label's name")
				}
				seen[label] = true
				end := -1
				for i := 0; i < len(after); i++ {
					if after[i] == '\\' {
						if i+1 >= len(after) || !strings.ContainsRune(`\"n`, rune(after[i+1])) {
							return nil, nil, fail("an escape")
						}
						i++
					} else if after[i] == '"' {
						end = i
						break
					}
				}
				if end < 0 {
					return nil, nil, fail("a label's value")
				}
				rest = after[end+1:]
				if strings.HasPrefix(rest, "}") {
					rest = rest[1:]
					break
				}
				if rest, ok = strings.CutPrefix(rest, ","); !ok {
					return nil, nil, fail("between labels")
				}
			}
		}
		number, ok := strings.CutPrefix(rest, " ")
		value, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || strings.ContainsAny(number, " \t") {
			return nil, nil, fail("a value")
		}
		key := strings.TrimSuffix(line, rest)
		if _, twice := samples[key]; twice {
			return nil, nil, fail("a sample twice")
		}
		samples[key] = value
	}
	return samples, kinds, nil
}

func TestExpositionIsStrict(t *testing.T) {
	const head = "# HELP a_total x\n# TYPE a_total counter\n"
	if _, _, err := exposition(head + "a_total{l=\"a\\\"\\\\\\n,}\"} 1e3\na_total NaN\n"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", head + "a_total 1", head + "b 1\n", head + "a_total  1\n", head + "a_total{} 1\n", head + "a_total{l=\"x\",} 1\n",
		head + "a_total{l=\"x} 1\n", head + "a_total{l=\"\\x\"} 1\n", head + "a_total{l=\"x\",l=\"y\"} 1\n", head + "a_total 1\na_total 2\n", head + "a_total one\n",
		"# TYPE a_total counter\na_total 1\n", head + "a_total 1\n\n", head + "a_total 1\n# HELP b x\n# TYPE b gauge\nb 1\n" + head, "# HELP a x\n# TYPE a counter\na 1\n"} {
		if _, _, err := exposition(bad); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

// TestMetrics scrapes a real service: strict format, the payments' outcomes, no label of unbounded size, nothing personal,
// and nobody without a token or a configured address.
func TestMetrics(t *testing.T) {
	c := newCounter(t, setup{})
	c.start()
	if code, _, errs := c.payWhenReady(debt(0), "r1"); code != 0 {
		t.Fatal(errs)
	}
	c.proven()
	scrape := func(token string) (int, string, http.Header) {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+c.listen+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b), resp.Header
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(c.dir, "data", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
	if status, _, _ := scrape(""); status != http.StatusUnauthorized {
		t.Errorf("without a token from loopback: %d", status)
	}
	var text string
	for _, name := range []string{tokenName, maintenanceName} {
		status, got, header := scrape(read(name))
		if status != http.StatusOK || header.Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
			t.Fatalf("%s: %d %v", name, status, header)
		}
		text = got
	}
	samples, kinds, err := exposition(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for key, want := range map[string]float64{
		`sportello_payments_total{outcome="charged"}`:              1,
		`sportello_payments_total{outcome="not_charged"}`:          0,
		`sportello_queue_depth`:                                    0,
		`sportello_queue_oldest_age_seconds`:                       0,
		`sportello_charging_allowed`:                               1,
		`sportello_platform_state{state="ready"}`:                  1,
		`sportello_terminal_state{terminal="cassa1",state="busy"}`: 0,
		`sportello_cases_open`:                                     0,
	} {
		if got, ok := samples[key]; !ok || got != want {
			t.Errorf("%s is %v (%t), want %v", key, got, ok, want)
		}
	}
	if off, ok := samples["sportello_platform_clock_offset_seconds"]; !ok || math.Abs(off) > 5 {
		t.Errorf("clock offset %v %t", off, ok)
	}
	if kinds["sportello_payments_total"] != "counter" || len(samples) < 20 || len(samples) > 60 {
		t.Errorf("%d samples, %v", len(samples), kinds)
	}
	p := c.payments()[0]
	for _, personal := range []string{p.ID, p.Reference, p.Notices[0].Number, p.Notices[0].Number[1:], p.Charge.STAN, p.Charge.PAN, "rossi", "bianchi", "01199250158"} {
		if personal != "" && strings.Contains(text, personal) {
			t.Errorf("%q is in the figures", personal)
		}
	}
	// The same number of samples whatever was paid.
	if code, _, errs := c.payWhenReady(debt(1), "r2"); code != 0 {
		t.Fatal(errs)
	}
	_, again, _ := scrape(read(tokenName))
	if more, _, err := exposition(again); err != nil || len(more) != len(samples) || more[`sportello_payments_total{outcome="charged"}`] != 2 {
		t.Errorf("%d samples, then %d; %v", len(samples), len(more), err)
	}
	c.stop()
	c.configured("terminals:", "metrics: {from: [127.0.0.0/8]}\nterminals:")
	c.start()
	if status, _, _ := scrape(""); status != http.StatusOK {
		t.Errorf("from a configured address: %d", status)
	}
}
