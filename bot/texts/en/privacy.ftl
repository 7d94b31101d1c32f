and = {" and "}
there-telegram = to the Telegram group “{ $title }”
there-matrix = to the Matrix room “{ $title }”
card-buttons =
    🔗 This group is linked { $others }. Your messages stay here until you say yes. Doing nothing is no, and nothing changes for you. 🙊 = message that stayed here. { $town_hall }.
card-reaction =
    🔗 This room is linked { $others }. Your messages stay here. 🙊 = message that stayed here. 👍 on this message = I am 15 or older and I share them, with my name. Without a name, or to stop: write “!relay” to me in private. Telegram is outside Europe. { $town_hall }.
card-alone = 🔗 This group is linked to no other at the moment. Your messages stay here.
choose-named = Yes, with my first name (15 and over)
choose-unnamed = Yes, without my name (15 and over)
choose-no = No
choose-details = Details
choice-named = yes oui
choice-unnamed = unnamed sans-nom sans_nom
choice-no = no non
ask = 🙊 This message stayed in this group. Shall your neighbours on the other side read your messages? You can change your mind at any time. Doing nothing is no.
ask-again = The text that asks for your agreement has changed. Your choice holds until you answer. Do you want your neighbours on the other side to read your messages?
details =
    If you say yes, what you write here is copied into the other rooms of your neighbourhood. We keep the text sealed, for two days at most. For 30 days we keep which copy belongs to which message, without the text.
    “Without my name”: your neighbours read “Someone”, with a number.
    “No” also removes the copies already made, as far as the networks allow.
    If you are under 15, a parent must agree.
    Telegram is outside Europe. The town hall's news and help do not depend on this choice.
noted-named-buttons = Noted. Your messages will also go to the neighbours on { $there }, signed with your first name. To stop: the button “No” or { $prefix }relay no.{ $followed }
noted-named-typed = Noted. Your messages will also go to the neighbours on { $there }, signed with the name that you show here. To stop: { $prefix }relay no.{ $followed }
noted-unnamed-buttons = Noted. Your messages will also go to the neighbours on { $there }, without your name. To stop: the button “No” or { $prefix }relay no.{ $followed }
noted-unnamed-typed = Noted. Your messages will also go to the neighbours on { $there }, without your name. To stop: { $prefix }relay no.{ $followed }
noted-no = Noted. What you write stays here, and nothing else changes for you.{ $followed }
followed-signed = { $count ->
    [one] One copy already made changes its signature.
   *[other] { $count } copies already made change their signature.
}
followed-removed = { $count ->
    [one] One copy already made is removed; other Matrix servers are only asked to.
   *[other] { $count } copies already made are removed; other Matrix servers are only asked to.
}
not-linked = This room is linked to no other.
command-relais = relay relais
command-relais-help = choose whether your messages also go to the neighbours
relais-nowhere = I know you in no linked room. Write this command in the group of your neighbourhood.
relais-how =
    { $lines }
    To choose: { $prefix }relay yes, { $prefix }relay unnamed or { $prefix }relay no. To say yes you must be 15. If you are younger, a parent must agree.
relais-which = You are in several circles: { $names }. Add the name, for example: { $prefix }relay { $word } { $example }
stands-named = { $circle }: your messages are shared, with your name.
stands-unnamed = { $circle }: your messages are shared, without your name.
stands-no = { $circle }: your messages stay in their room.
stands-silent = { $circle }: you said nothing, your messages stay in their room.
command-effacer = erase effacer
command-effacer-help = in answer to your message: remove it here and on the other side
effacer-how = Answer your message with this command, and it is removed here and on the other side.
effacer-never-left = This message did not leave this room, or did so more than 30 days ago: I keep no copy of it.
effacer-not-yours = This message is not yours.
erased = This is asked everywhere: here and in the linked rooms. If a copy resists, I will tell you. Other Matrix servers are only asked to.
