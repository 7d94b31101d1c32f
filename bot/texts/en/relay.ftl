answers-what-stayed = (in answer to a message that stayed over there)
taken-away = [removed]
not-delivered = Your message could not go to your neighbours on the other side: { $why }
not-removed = A copy of your message could not be removed: { $why }
refused-gone = the message or the room is no longer there.
refused-rights = I am not allowed to do that in that room.
refused-kicked = I am no longer in that room.
refused-too-long = it is too long.
refused-too-late = the network did not answer for two days.
refused-topic-closed = the topic is closed.
refused-kept = the network no longer lets me remove it.
refused-unreachable = the person cannot be reached.
refused-migrated = the group has changed its address.
refused-defect = an error on our side; it has been noted.
refused-refused = the network refused it.
late = (late: this message was encrypted, its key has only just come)
forwarded-from = (forwarded from { $origin })
poll = 📊 <b>{ $question }</b>
    { $options }
    <i>Vote where the question was asked.</i>
poll-result = 📊 The poll has ended.
    { $options }
poll-votes = { $count ->
    [one] { $count } vote
   *[other] { $count } votes
}
spot = 📍 { $title }
spot-nameless = a place
file-stayed = { $kind ->
    [photo] 🖼 shared a photo, which stayed over there
    [video] 🎬 shared a video, which stayed over there
    [animation] 🎬 shared an animation, which stayed over there
    [round] 🎬 shared a video, which stayed over there
    [voice] 🎤 sent a voice message, which stayed over there
    [audio] 🎵 shared a sound, which stayed over there
    [sticker] sent a sticker, which stayed over there
   *[file] 📎 shared a file, which stayed over there
}
stays-here = This stays here: { $why }
shared-contact = 👤 shared a contact, which stayed over there
shared-live-location = 📍 is sharing a live location, which stays over there
shared-forwarded = ↪ forwarded somebody's message, which stayed over there
shared-story = shared a story, which stayed over there
shared-dice = 🎲 rolled a die
shared-game = 🎮 shared a game, which stayed over there
shared-gift = 🎁 gave a present
shared-paid-media = shared something that has to be paid for, which stayed over there
shared-checklist = shared a checklist, which stayed over there
shared-other = shared something that cannot cross
stays-contact = somebody else's number never leaves its group.
stays-live-location = a live location never leaves its group.
stays-forwarded = whoever wrote this message was not asked.
stays-other = the other network has nothing like it. Your neighbours only see that you shared something.
refused-too-large = the file is too heavy for the other network.
refused-doubtful = nobody knows whether it arrived; it is not sent twice.
refused-no-right = I am not allowed to do that in this chat.
refused-is-admin = this person administers the chat, or has as many rights there as I do.
refused-not-there = this person is not there, or their request is no longer waiting.
refused-not-in-this-group = this chat does not allow that measure.
