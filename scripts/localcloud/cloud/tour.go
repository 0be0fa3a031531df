package cloud

import "fmt"

// Tour is what a person types to order an ad by hand. The indented lines are
// shell; a test runs them as they are.
func Tour(url string) string {
	return fmt.Sprintf(`
A tour (in another terminal, in this folder):

  API=%s/api/v1
  AUTH="Authorization: Bearer $(make -s token)"
  curl -s $API/health/ready

  # connect a YouTube account: on the stand-in's consent page curl presses "allow", and comes back
  # with the cookie (put instagram in youtube's place and it works, too)
  JAR=$(mktemp)
  CONSENT=$(curl -s -c $JAR $API/social/youtube/start -H "$AUTH" | sed 's/.*"authorize_url":"\([^"]*\)".*/\1/; s/\\u0026/\&/g')
  ACCOUNT=$(curl -s -L -b $JAR "${CONSENT%%%%\?*}" -d "${CONSENT#*\?}&answer=allow&decision=allow" | sed 's/.*"id":"\(channel_[^"]*\)".*/\1/')
  curl -s $API/social/accounts -H "$AUTH"

  # a place, a photo of it, an order
  PLACE=$(curl -s $API/places -H "$AUTH" -H 'Content-Type: application/json' \
    -d '{"name":"달빛국수","area":"전주 한옥마을","menu":[{"name":"들깨칼국수","won":9000}],"praise":["국물이 진해요"]}' |
    sed 's/.*"id":"\(place_[^"]*\)".*/\1/')
  curl -s $API/places/$PLACE/photos -H "$AUTH" -H 'Content-Type: image/jpeg' --data-binary @docs/sample/photos/1-front.jpg
  AD=$(curl -s $API/ads -H "$AUTH" -H "Idempotency-Key: tour-$PLACE" -H 'Content-Type: application/json' \
    -d '{"place":"'$PLACE'","channels":[{"channel":"youtube","account":"'$ACCOUNT'","privacy":"unlisted"}]}' |
    sed 's/.*"id":"\(ad_[^"]*\)".*/\1/')

  # what happens, until it has ended (a stream lasts 200 s at most: repeat it then); the result, its
  # post's address (posts[0].url) and its film
  curl -sN $API/ads/$AD/events -H "$AUTH"
  curl -s $API/ads/$AD -H "$AUTH" | tee build/ad.json
  FILE=$(sed 's/.*"video":{[^}]*"file":"\([^"]*\)".*/\1/' build/ad.json)
  curl -s $API/files/$FILE -H "$AUTH" -o build/ad.mp4

Ctrl-C stops everything; the state stays.
`, url)
}
