package config

import (
	"fmt"
	"net/netip"
	"time"
)

// Log says how much is written, and where.
type Log struct {
	Level     string        // debug, info, warn, error
	File      string        // empty: standard error
	Megabytes int           // size at which the file is turned over
	Keep      int           // older files that are kept beside it
	Age       time.Duration // what is older is taken away; 0: nothing for its age alone
}

// Metrics says who may read /metrics without a token.
type Metrics struct {
	From []netip.Prefix // none: nobody; loopback is no exception
}

// readUpkeep reads what the people who look after the installation need.
func readUpkeep(s *section, c *Config) {
	c.Log = Log{Level: "info", Megabytes: 10, Keep: 5, Age: 30 * 24 * time.Hour}
	if p := s.section("log"); p != nil {
		c.Log.Level = p.oneOf("level", "info", "debug", "info", "warn", "error")
		c.Log.File, c.Log.Megabytes = p.text("file", ""), p.number("megabytes", 10, 1, 1000)
		c.Log.Keep = p.number("files", 5, 1, 100)
		c.Log.Age = time.Duration(p.number("days", 30, 0, 3650)) * 24 * time.Hour
		p.absolute("file", c.Log.File)
		p.close()
	}
	p := s.section("metrics")
	if p == nil {
		return
	}
	for _, text := range p.texts("from") {
		prefix, err := netip.ParsePrefix(text)
		if addr, aerr := netip.ParseAddr(text); aerr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			p.bad("from", fmt.Sprintf("%q non è un indirizzo IP né una rete", text), "scrivere per esempio 10.1.2.3 oppure 10.1.2.0/24")
			continue
		}
		c.Metrics.From = append(c.Metrics.From, prefix.Masked())
	}
	p.close()
}
