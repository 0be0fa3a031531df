package sns

// ChannelNames are the channels whose posts are measured.
var ChannelNames = channelNames
