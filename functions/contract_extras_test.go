package main

import (
	adevents "castad/functions/ad/events"

	"castad/functions/ad"
	"castad/shared/openapi"
)

// extras is what neither the types nor the code of a function say about it. A function
// that anybody may call and that says nothing here does not get into the document.
var extras = map[string]openapi.Extra{
	"ad-request": {Example: `{"place":"place_01hv3kq9zr2ab","mood":"warm","genre":"acoustic","seconds":30,"publish":"auto",
		"channels":[{"channel":"youtube","account":"channel_01hv3kq9zr2ab","privacy":"unlisted"}],"caption":"을지로에서 만나요","hashtags":["칼국수"]}`},
	"ad-quote": {Example: `{"wish":{"place":"place_01hv3kq9zr2ab","publish":"auto","channels":[{"channel":"youtube","account":"channel_01hv3kq9zr2ab"}]}}`,
		More: []string{`{"ad":"ad_01hv3kq9zr2ab","change":{"caption":"이번 주만 반값","photos":["photo_01hv3kq9zr2ab"],"captions":{"0":"어서 오세요"},
			"channels":[{"channel":"youtube","account":"channel_01hv3kq9zr2ab"}]}}`}},
	"ad-edit": {Example: `{"caption":"이번 주만 반값","photos":["photo_01hv3kq9zr2ab"],"captions":{"0":"어서 오세요"},"channels":[{"channel":"youtube","account":"channel_01hv3kq9zr2ab"}]}`,
		More: []string{`{"restore":1}`}},
	"ad-events":      {Poll: adevents.Progress{}, Events: map[string]any{"change": ad.Event{}, "end": adevents.Progress{}}},
	"auth-start":     {Guard: "open"},
	"auth-callback":  {Guard: "login"},
	"auth-token":     {Guard: "the id_token, which Kakao has signed for our app, with the nonce of this sign-in, once", Example: `{"id_token":"eyJ…","nonce":"Zx3fJm0c1q2w3e4r5t6y7u"}`},
	"auth-renew":     {Guard: "refresh", Or: "the refresh token in the body", Example: `{"refresh_token":"…"}`, More: []string{`{"audience":"admin"}`}},
	"auth-unlink":    {Guard: "unlink", Body: []string{"application/x-www-form-urlencoded"}},
	"auth-keys":      {Guard: "open"},
	"archive-export": {Content: []string{"application/zip"}},
	"contract-show":  {Guard: "open", Content: []string{"application/json"}},
	"health-live":    {Guard: "open"},
	"health-ready":   {Guard: "open"},
	"place-create":   {Example: `{"name":"돌담골목 칼국수","area":"을지로","menu":[{"name":"칼국수","won":9000}],"praise":["국물이 시원해요"]}`},
	"place-edit": {Example: `{"name":"돌담골목 손칼국수","facts":[{"fact":"f1","text":"돌담골목 손칼국수"},{"kind":"menu","text":"만두","won":6000}],"photos":["photo_01hv3kq9zr2ab"]}`,
		More: []string{`{"link":"https://naver.me/xYz12","consent":{"page":true}}`}},
	"place-photo":     {Body: []string{"image/jpeg", "image/png", "image/webp"}},
	"social-callback": {Guard: "social"},
	"song-callback":   {Guard: "the token in the path, which only the vendor of that one call knows, and the vendor's signature where it signs", Body: []string{"application/json"}},
	"sns-request": {Example: `{"ad":"ad_01hv3kq9zr2ab","channel":"youtube","account":"channel_01hv3kq9zr2ab","video":"video_01hv3kq9zr2ab","title":"돌담골목 칼국수",
		"caption":"을지로에서 만나요","hashtags":["칼국수"],"privacy":"unlisted","thumbnail":"file_01hv3kq9zr2ab","photo":"photo_01hv3kq9zr2ab"}`},
	"video-callback": {Guard: "the token in the path, which only the vendor of that one call knows", Body: []string{"application/json"}},
	"video-file":     {Content: []string{"video/mp4", "audio/mpeg", "image/jpeg"}},
	"video-media":    {Guard: "the token in the path, which is signed, names one file and expires", Content: []string{"video/mp4", "audio/mpeg", "audio/wav", "image/jpeg", "image/png", "image/webp"}},
}
