package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"castad/functions/ad"
	"castad/functions/place"
	"castad/scripts/localcloud/browser"
	"castad/scripts/localcloud/cloud"
	"castad/scripts/localcloud/funchost"
	"castad/shared/id"
	"castad/shared/identity"
	"castad/shared/message"
)

type demo struct {
	o     options
	order placeFile
	cloud *cloud.Cloud
	chaos *funchost.Chaos
	began time.Time
	api   client
}

// patience is how long an order may take: with kills, leases have to run out.
const patience = 10 * time.Minute

func (d *demo) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	token, err := d.token()
	if err != nil {
		return err
	}
	d.api = client{base: d.cloud.URL() + "/api/v1", token: token}
	ready := time.Now()
	a, err := d.start(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("ordered %v for %s\n", a.ID, d.order.Name)
	if a, err = d.watch(ctx, a); err != nil {
		return err
	}
	if a.State != "succeeded" {
		return fmt.Errorf("the ad %s%s; the handler's lines are in %s", a.State, reason(a.Fail), filepath.Join(d.o.out, "data", "host.log"))
	}
	return d.finish(ctx, a, ready)
}

func reason(f *ad.Failure) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", f.Code, f.Message.En)
}

// token signs in as the demo's owner.
func (d *demo) token() (string, error) {
	keys, err := identity.ParseKeys(d.cloud.Setting("CASTAD_TOKEN_KEYS"))
	if err != nil {
		return "", err
	}
	issuer, err := identity.NewIssuer(keys, "castad", "castad-api", time.Now)
	if err != nil {
		return "", err
	}
	now := time.Now()
	return issuer.Issue(identity.Principal{Tenant: id.New[id.Tenant](now), User: id.New[id.User](now), Role: "owner"}, 2*time.Hour)
}

// start sends the facts, the photos and the order.
func (d *demo) start(ctx context.Context) (ad.Ad, error) {
	key := "demo-" + random()
	var p place.Place
	if err := d.api.json(ctx, http.MethodPost, "/places", key, d.order.Details, &p); err != nil {
		return ad.Ad{}, err
	}
	for _, file := range d.order.Photos {
		photo, err := os.ReadFile(file)
		if err != nil {
			return ad.Ad{}, fmt.Errorf("read photo: %w", err)
		}
		var kept place.Photo
		if err := d.api.call(ctx, http.MethodPost, fmt.Sprintf("/places/%v/photos", p.ID), "", http.DetectContentType(photo), photo, &kept); err != nil {
			return ad.Ad{}, fmt.Errorf("upload %s: %w", filepath.Base(file), err)
		}
	}
	w := d.order.Order
	wish := ad.Wish{Place: p.ID, Language: d.order.Language, Mood: w.Mood, Genre: w.Genre, Voice: w.Voice, Seconds: w.Seconds, Aspect: w.Aspect,
		Template: w.Template, Quality: w.Quality, Publish: w.Publish, Caption: w.Caption, Hashtags: w.Hashtags}
	for _, c := range w.Channels {
		account, err := d.connect(ctx, c)
		if err != nil {
			return ad.Ad{}, err
		}
		fmt.Printf("connected %s on %s, as an owner does: CastAD's start page, the channel's consent, back with the cookie\n", account.Name, c)
		wish.Channels = append(wish.Channels, ad.Channel{Channel: c, Account: account.ID})
	}
	var a ad.Ad
	return a, d.api.json(ctx, http.MethodPost, "/ads", key, wish, &a)
}

// connect connects an account. A kill in the middle spends the attempt, whose state is
// good once: the owner begins anew.
func (d *demo) connect(ctx context.Context, channel string) (browser.Account, error) {
	var last error
	for range 1 + d.o.kill {
		a, err := browser.Connect(ctx, d.api.base, d.api.token, channel, nil)
		if err == nil {
			return a, nil
		}
		last = err
		if d.o.kill == 0 {
			break
		}
		fmt.Printf("connecting %s was cut off, once more: %v\n", channel, err)
	}
	return browser.Account{}, last
}

func random() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (Go 1.24)
	return hex.EncodeToString(b[:])
}

// watch shows each step as it moves, until the ad has ended.
func (d *demo) watch(ctx context.Context, a ad.Ad) (ad.Ad, error) {
	began, shown, purged := time.Now(), map[int]string{}, !d.o.purge
	for {
		if err := d.api.get(ctx, fmt.Sprintf("/ads/%v", a.ID), &a); err != nil {
			return a, err
		}
		for _, s := range a.Steps {
			line := fmt.Sprintf("%-8s %-10s", s.Kind, s.State)
			if shown[s.No] == line || s.State == "blocked" {
				continue
			}
			shown[s.No] = line
			fmt.Printf("%6.1f s  %d %s %5.1f s in this step%s\n", time.Since(began).Seconds(), s.No, line, s.Seconds, reason(s.Fail))
			if !purged && s.Kind == message.Video && s.State != "blocked" {
				n, err := d.cloud.Bus().Purge("", false)
				if err != nil {
					return a, fmt.Errorf("purge the queues: %w", err)
				}
				fmt.Printf("%6.1f s  purged every queue: %d messages are gone\n", time.Since(began).Seconds(), n)
				purged = true
			}
		}
		switch a.State {
		case "succeeded", "failed", "cancelled":
			if d.chaos != nil {
				fmt.Printf("%6.1f s  the handler was killed %d times\n", time.Since(began).Seconds(), d.o.kill-d.chaos.Left())
			}
			return a, nil
		}
		select {
		case <-ctx.Done():
			return a, errors.Join(errors.New("the ad has not ended in time"), ctx.Err())
		case <-time.After(pause):
		}
	}
}
