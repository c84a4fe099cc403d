//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sportello/cmd/sportello/internal/ledger"
)

// idleFor is how long a service does nothing before its memory is read.
const idleFor = 10 * time.Second

// BenchmarkReady is the time from starting the process until /readyz says yes, and its memory after ten seconds of doing
// nothing: RssAnon is the process's own, RSS has the pages of the ledger's file in it, which the system takes back. With an
// empty ledger, and with the one in the folder SPORTELLO_BENCH_LEDGER, which is copied (BenchmarkArchive of package ledger
// makes one of a million payments). The release's build, after a clean stop; medians of seven starts, three idles.
func BenchmarkReady(b *testing.B) {
	for _, from := range []string{"", os.Getenv("SPORTELLO_BENCH_LEDGER")} {
		name := "empty"
		if from != "" {
			name = "filled"
		}
		b.Run(name, func(b *testing.B) {
			c := newCounter(b, setup{})
			data := filepath.Join(c.dir, "data")
			if from != "" {
				copyLedgerFiles(b, from, data)
			}
			c.bin = filepath.Join(c.dir, "sportello")
			release(b, c.bin)
			c.ready(b) // folds what another version has written, and makes the archive's index
			untilStill(b, filepath.Join(data, ledger.ArchiveName))
			c.stop()
			var starts []time.Duration
			memory := map[string][]int{}
			for i := range max(b.N, 7) {
				starts = append(starts, c.ready(b))
				if i < 3 {
					time.Sleep(idleFor)
					for key, kib := range memoryOf(b, c.service.Process.Pid) {
						memory[key] = append(memory[key], kib)
					}
				}
				c.stop()
			}
			b.ReportMetric(float64(middle(starts).Microseconds())/1000, "ms/ready")
			for key, all := range memory {
				slices.Sort(all)
				b.ReportMetric(float64(all[len(all)/2])/1024, "MiB/"+key)
			}
		})
		if from == "" && os.Getenv("SPORTELLO_BENCH_LEDGER") == "" {
			b.Log("SPORTELLO_BENCH_LEDGER names no folder: only the empty ledger is measured")
			return
		}
	}
}

// untilStill waits until nobody has written a file, or made it, for idleFor.
func untilStill(b *testing.B, path string) {
	b.Helper()
	var last time.Time
	for still := time.Duration(0); still < idleFor; still += time.Second {
		info, err := os.Stat(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			b.Fatal(err)
		}
		if err == nil && !info.ModTime().Equal(last) {
			still, last = 0, info.ModTime() // begin again
		}
		time.Sleep(time.Second)
	}
}

// release builds the program as installer/build.sh does.
func release(b *testing.B, to string) {
	b.Helper()
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", to}
	if _, err := os.Stat("../../ui/web/dist/index.html"); err == nil {
		args = append(args, "-tags", "webui")
	} else {
		b.Log("measured without the page, which is not built: ", err)
	}
	build := exec.Command("go", append(args, ".")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

// ready starts the service and gives how long it took until it may be used.
func (c *counter) ready(b *testing.B) time.Duration {
	b.Helper()
	begin := time.Now()
	c.launch()
	for {
		resp, err := http.Get("http://" + c.listen + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(begin)
			}
		}
		if c.dead() || time.Since(begin) > 10*time.Minute {
			b.Fatalf("not ready after %v: %s", time.Since(begin), c.stderr)
		}
	}
}

// memoryOf reads a process's own words about its memory, in KiB.
func memoryOf(b *testing.B, pid int) map[string]int {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	found := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if key != "VmRSS" && key != "RssAnon" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		if err != nil {
			b.Fatal(err)
		}
		found[key] = n
	}
	return found
}

func copyLedgerFiles(b *testing.B, from, to string) {
	b.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{ledger.FileName, ledger.ArchiveName} {
		in, err := os.Open(filepath.Join(from, name))
		if err != nil {
			b.Log("not copied: ", err)
			continue
		}
		out, err := os.Create(filepath.Join(to, name))
		if err == nil {
			_, err = io.Copy(out, in)
			err = errors.Join(err, out.Sync(), out.Close())
		}
		if err = errors.Join(err, in.Close()); err != nil {
			b.Fatal(err)
		}
	}
}
