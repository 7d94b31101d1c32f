command-mesdonnees = mydata mesdonnees
command-mesdonnees-help = see everything I keep about you, with a file
mesdonnees-private = A file cannot be shown to one person alone in a group. Open a private chat with me and write: { $prefix }mydata
mesdonnees-open = Open the private chat
mesdonnees-title = <b>What I keep about you</b>
mesdonnees-name = Name kept, sealed: { $name }
mesdonnees-line = • { $what }: { $count } ({ $kept })
mesdonnees-nothing = Nothing: no row holds your hash.
mesdonnees-objection-open = Objection { $number } of { $at }: a human has to answer within a month.
mesdonnees-objection-answered = Objection { $number } of { $at }, answer: { $answer }
mesdonnees-never =
    Never kept: phone number, contacts, live position, files.
    To correct or erase: { $prefix }relay, { $prefix }forget. To object: { $prefix }object.
mesdonnees-file = The same, in full, for a machine (JSON).
command-consentements = consents consentements
command-consentements-help = see what you decided, where and when
consentements-none = You have decided nothing: your messages stay in their chat. To choose: { $prefix }relay
consentements-are =
    <b>What holds today</b>
    { $lines }
    <b>Receipts</b>
    { $receipts }
    To change: { $prefix }relay, { $prefix }photos.
consentements-silent = No decision: your messages stay in their chat.
consentements-no-receipt = No receipt.
receipt-line = { $at }, { $circle }: { $choice } (wording { $wording })
receipt-relay-named = shared, with your name
receipt-relay-unnamed = shared, without your name
receipt-relay-no = no longer shared
receipt-relay-left = ended: you left the chat
receipt-media-yes = photos and files shared
receipt-media-no = photos and files no longer shared
circle-gone = a circle that no longer exists
