package servicebus

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"

	"castad/scripts/localcloud/servicebus/broker"
)

// configFile is the schema of Microsoft's emulator, so one file drives both.
type configFile struct {
	UserConfig struct {
		Namespaces []struct {
			Name   string
			Queues []struct {
				Name       string
				Properties queueProperties
			}
			Topics []json.RawMessage
		}
		Logging json.RawMessage
	}
}

type queueProperties struct {
	LockDuration                        string
	DefaultMessageTimeToLive            string
	DuplicateDetectionHistoryTimeWindow string
	MaxDeliveryCount                    int
	DeadLetteringOnMessageExpiration    bool
	RequiresDuplicateDetection          bool
	RequiresSession                     bool
	ForwardTo                           string
	ForwardDeadLetteredMessagesTo       string
}

// LoadConfig reads the queues of a Config.json. Fields it does not know,
// features the emulator does not have and values the service would refuse are errors.
func LoadConfig(path string) ([]broker.QueueConfig, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read queue settings: %w", err)
	}
	defer f.Close()
	queues, err := parseConfig(f)
	if err != nil {
		return nil, fmt.Errorf("read queue settings %s: %w", path, err)
	}
	return queues, nil
}

func parseConfig(r io.Reader) ([]broker.QueueConfig, error) {
	var file configFile
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("something follows the JSON object")
	}
	var out []broker.QueueConfig
	for _, ns := range file.UserConfig.Namespaces {
		if len(ns.Topics) > 0 {
			return nil, fmt.Errorf("namespace %s: the emulator has no topics", ns.Name)
		}
		for _, q := range ns.Queues {
			cfg, err := q.Properties.config(q.Name)
			if err != nil {
				return nil, fmt.Errorf("queue %s: %w", q.Name, err)
			}
			out = append(out, cfg)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("it names no queues under UserConfig.Namespaces[].Queues")
	}
	return out, nil
}

// The limits are the service's (its quotas page).
func (p queueProperties) config(name string) (broker.QueueConfig, error) {
	cfg := broker.QueueConfig{Name: name, MaxDeliveryCount: p.MaxDeliveryCount, DeadLetterOnExpiration: p.DeadLetteringOnMessageExpiration}
	switch {
	case p.RequiresSession:
		return cfg, errors.New("RequiresSession: the emulator has no sessions")
	case p.ForwardTo != "" || p.ForwardDeadLetteredMessagesTo != "":
		return cfg, errors.New("ForwardTo: the emulator does not forward")
	case p.MaxDeliveryCount < 0 || p.MaxDeliveryCount > 2000:
		return cfg, fmt.Errorf("MaxDeliveryCount %d is not 1 to 2000", p.MaxDeliveryCount)
	}
	var window time.Duration
	for _, d := range []struct {
		name, text string
		to         *time.Duration
		min, max   time.Duration
	}{
		{"LockDuration", p.LockDuration, &cfg.LockDuration, time.Second, 5 * time.Minute},
		{"DefaultMessageTimeToLive", p.DefaultMessageTimeToLive, &cfg.DefaultTTL, time.Second, 0},
		{"DuplicateDetectionHistoryTimeWindow", p.DuplicateDetectionHistoryTimeWindow, &window, 20 * time.Second, 7 * 24 * time.Hour},
	} {
		if d.text == "" {
			continue
		}
		v, err := parseDuration(d.text)
		if err != nil {
			return cfg, fmt.Errorf("%s: %w", d.name, err)
		}
		if v < d.min || d.max > 0 && v > d.max {
			return cfg, fmt.Errorf("%s %s is outside what Service Bus allows", d.name, d.text)
		}
		*d.to = v
	}
	if p.RequiresDuplicateDetection {
		if cfg.DuplicateWindow = window; window == 0 {
			cfg.DuplicateWindow = 10 * time.Minute // the service's default
		}
	}
	return cfg, nil
}

var iso8601 = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3})\d*)?S)?)?$`)

// parseDuration reads an ISO 8601 duration of days, hours, minutes and
// seconds, such as "PT1M" or "P14D". Years and months have no fixed length.
func parseDuration(s string) (time.Duration, error) {
	m := iso8601.FindStringSubmatch(s)
	if m == nil || s == "P" || s[len(s)-1] == 'T' {
		return 0, fmt.Errorf("%q is not an ISO 8601 duration such as PT1M", s)
	}
	const most = 106751 * 24 * time.Hour // what a Duration can hold, in whole days
	var d time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(m[i+1], 10, 64)
		if err != nil || n > int64(most/unit) {
			return most, nil // TimeSpan.MaxValue (P10675199DT…) means "never"
		}
		d += time.Duration(n) * unit
	}
	if m[5] != "" {
		ms, _ := strconv.Atoi((m[5] + "00")[:3]) // the expression admits digits only
		d += time.Duration(ms) * time.Millisecond
	}
	return min(d, most), nil
}
