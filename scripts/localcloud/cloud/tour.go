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

  # a place, a photo of it, an order
  PLACE=$(curl -s $API/places -H "$AUTH" -H 'Content-Type: application/json' \
    -d '{"name":"달빛국수","area":"전주 한옥마을","menu":[{"name":"들깨칼국수","won":9000}],"praise":["국물이 진해요"]}' |
    sed 's/.*"id":"\(place_[^"]*\)".*/\1/')
  curl -s $API/places/$PLACE/photos -H "$AUTH" -H 'Content-Type: image/jpeg' --data-binary @docs/sample/photos/1-front.jpg
  AD=$(curl -s $API/ads -H "$AUTH" -H "Idempotency-Key: tour-$PLACE" -H 'Content-Type: application/json' \
    -d '{"place":"'$PLACE'","channels":[{"channel":"youtube","account":"demo"}]}' |
    sed 's/.*"id":"\(ad_[^"]*\)".*/\1/')

  # what happens, until it has ended (a stream lasts 200 s at most: repeat it then); the result and its film
  curl -sN $API/ads/$AD/events -H "$AUTH"
  curl -s $API/ads/$AD -H "$AUTH" | tee build/ad.json
  FILE=$(sed 's/.*"video":{[^}]*"file":"\([^"]*\)".*/\1/' build/ad.json)
  curl -s $API/files/$FILE -H "$AUTH" -o build/ad.mp4

Ctrl-C stops everything; the state stays.
`, url)
}
