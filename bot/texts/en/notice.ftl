command-privacy = privacy confidentialite
command-privacy-help = what is done with your messages
privacy =
    <b>What is done with your messages</b>
    Controller: { $town_hall }.
    Nothing of yours leaves your chat before your yes. Saying nothing means no.
    After a yes, the text is kept sealed for two days at most. The list of copies is kept for 30 days, without text.
    { $prefix }relay: see or change your choice. { $prefix }consents: your receipts.
    { $prefix }erase, in reply to your message: remove it everywhere.
    { $prefix }mydata: see everything. { $prefix }forget: erase everything. { $prefix }object: object.
    No phone number is kept. No machine learns from what you write.
    Read it all: { $prefix }privacy all
privacy-all = all tout
privacy-more = Read it all
privacy-notice =
    <b>Information about your data</b> (GDPR, article 13)
    Controller: { $town_hall }, who tells you how to reach its data protection officer.
    { $lines }
    <b>Who else receives it</b>
    The linked chats, if you said yes. Telegram is established outside Europe; your neighbours' Matrix servers may be.
    <b>Your rights</b>
    See and take along: { $prefix }mydata. Correct: change the name that you show. Change your mind: { $prefix }relay. Be forgotten: { $prefix }forget. Object: { $prefix }object. Complain: to the supervisory authority (in France cnil.fr).
    Refusing changes nothing for you. No machine sanctions by itself.
privacy-purpose = <b>{ $what }</b>: { $parts }
privacy-for = for { $words }.
privacy-kept = Kept: { $words }.
privacy-seen = Seen by: { $words }.
privacy-back = Taken back by: { $words }.
privacy-copies = Copies: { $words }.
