// Package naver asks Naver about places: Client searches and geocodes through its
// APIs, ParseLink reads what an owner pastes, and Pages fetches one place's page.
//
// # Search
//
// Two adapters stand behind one Client. The Developers Center (Legacy) takes no new
// keys since 2026-07-30 and ends on 2027-06-30; NAVER API HUB (Hub) is its successor
// with other headers and paths and the same answers. Local answers at most five
// places, without ids and without telephone numbers: it helps to pick, it cannot
// look up. Image finds other people's pictures.
//
// What a search answers is transient. The terms (7.3 ③) forbid keeping it, and name
// collecting local information to sell advertisements as an example; 7.3 ④ forbids
// ads beside it. So nothing here caches, no caller may store a hit, and what CastAD
// keeps about a place is what its owner confirms. One client id (7.3 ⑤).
//
// # Pages
//
// There is no public place-by-id API. Pages reads the place's own page, when the
// operator has switched it on and the owner has consented for that place, and it
// behaves like a robot that says so: a user agent of its own with a contact
// address, robots.txt fetched and obeyed (RFC 9309; one that cannot be had forbids
// everything), few requests, and none at all for StopFor after a 403 or 429, by no
// instance where the guard is shared. It takes what
// the shop says about itself and never what guests wrote: reviews, reviewers'
// names and their votes are not decoded.
//
// # Classes
//
//	401, 403, 404, SE01–SE06   ourFault        key, permission, request
//	429                        rateLimited     the first time (Throttle, Rate)
//	429 a second later, Quota  quotaExhausted  until midnight in Seoul; not asked before
//	5xx, SE99, no answer       later
//	page: 403, 429, robots     ourFault        Stop says which; typed facts serve
//
// # Limits
//
//	25,000 searches a day for a client id, all search APIs together (terms; HUB's console)
//	a page                    4 MiB    real ones are said to be below 1 MiB; synthetic fixtures only, unverified
//	robots.txt                512 KiB  RFC 9309 section 2.5 asks for 500 KiB; kept 6 h (section 2.4 allows 24 h)
//	redirects of a short link 5 hops   each on a known host of Naver, https
//
// Sources: naver/naver-openapi-guide (terms, errors), guide.ncloud-docs.com (HUB, Maps),
// api.ncloud-docs.com (gateway codes), RFC 9309. Unverified against a live account:
// the scale of mapx and mapy, the image search's answer, the pages' shape.
//
// Rejected: a browser's or Googlebot's user agent, cookies, a headless browser (what
// public crawlers do until they get a 403: Kuniz/alfnaversearch#29); cutting the
// page's state with a regular expression (it ends at the first "};" in a menu);
// temoto/robotstxt (its wildcard rules are not anchored, so that "Allow: /home$"
// allows every path that ends so) in favour of the port of Google's own parser.
package naver
