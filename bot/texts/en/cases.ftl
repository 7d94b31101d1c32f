command-moderation = moderation
command-moderation-help = see what waits; "here": show the cases in this chat; "dry": try without acting
moderation-here = here ici
moderation-dry = dry essai essais
moderation-how = { $prefix }moderation: what waits. { $prefix }moderation here: show the cases in this chat. { $prefix }moderation dry: what is only being tried.
desk-elsewhere = Cases show people's words. They need a chat of their own, for moderators alone, linked to no other.
desk-which = For which neighbourhood, or which commune? Write { $prefix }moderation here, then a name: { $places }
desk-linked = Noted. The cases of "{ $place }" come here from now on. Moderators keep silent about what they read. { $prefix }moderation shows what waits.
queue-empty = Nothing waits.
queue =
    { $count ->
        [one] One case waits:
       *[other] { $count } cases wait:
    }
    { $lines }
    To see one: { $prefix }case, then its number.

command-cas = case cas
command-cas-help = see a case, or decide it: case 12 remove
cas-how =
    { $prefix }case 12 shows the case. To decide, add a word: pass, keep, remove, warn, mute, ban. What follows is your reason.
    { $prefix }case 12 undo takes the decision back. For an appeal: { $prefix }case 12 lift, or uphold.
as-it-is = { $words }
verb-typed-pass = pass ok laisser passer
verb-typed-keep = keep garder
verb-typed-remove = remove retirer
verb-typed-warn = warn avertir
verb-typed-mute = mute muet
verb-typed-ban = ban exclure
verb-typed-undo = undo annuler
verb-typed-lift = lift lever
verb-typed-uphold = uphold maintenir
verb-pass = Let it pass
verb-keep = Keep it here
verb-remove = Remove
verb-warn = Warn
verb-mute = Remove, { $step }
verb-ban = Remove and ban
verb-lift = Lift the decision
verb-uphold = Uphold it
case-head-held = ⏸ <b>Case { $number }</b> · { $circle } · held by the filter
case-head-reported = 🚩 <b>Case { $number }</b> · { $circle } · reported
case-head-acted = 🛠 <b>Case { $number }</b> · { $circle } · opened by a moderator
case-who = { $name } · { $network }
case-found = Found: { $grounds }
case-reports = { $count ->
    [one] One person reported it.
   *[other] { $count } people reported it.
}
case-offered = { $before ->
    [0] No decision before. Proposed: { $step }.
    [one] One decision before. Proposed: { $step }.
   *[other] { $before } decisions before. Proposed: { $step }.
}
case-how = To decide: { $prefix }case { $number } pass, keep, remove, warn, mute or ban.
case-undo = To take it back: { $prefix }undo { $number }
case-unknown = There is no such case.
case-done = Done.
case-decided = Somebody else has decided already.
case-own = This case is about you: another moderator has to decide.
case-exempt = This person has a role here. Talk to whoever gave it.
case-nobody = I no longer know who this is. Answer a recent message of theirs.
step-warn = warn
step-mute = { $days ->
    [0] mute for { $hours } h
    [one] mute for 1 day
   *[other] mute for { $days } days
}
step-ban = ban
step-remove = remove
outcome-passed = ✅ Closed, nothing was done.
outcome-acted = ☑️ Decided.
outcome-withdrawn = Closed: the author took the message away.
outcome-expired = ⌛ Closed: nobody could look in two days, the message stayed in its chat.
results = { $waits ->
    [0] Done in { $went } chats of { $all }.
   *[other] Done in { $went } chats of { $all }, under way in { $waits }.
}
result-failed = ⚠️ { $chat }: { $why }
log-undone = ↩️ Undone on { $at }: { $act }
act-release = let pass
act-withhold = kept in its chat
act-warn = warned
act-remove = removed
act-mute = muted
act-ban = banned
act-lock = locked
act-clear = reactions taken away

done-release = The message passed.
done-withhold = The message stays in its chat. It did not pass to the neighbours.
done-warn = This is a warning.
done-remove = The message is removed from all chats of the circle.
done-mute = No more messages in this circle, until further notice.
done-mute-until = No more messages in this circle, until { $until }.
done-ban = A ban from the chats of this circle.
done-lock = Nobody can write in the chats of the circle, but their administrators.
done-clear = This person's reactions are taken away.

command-avertir = warn avertir
command-avertir-help = in answer to a message: warn its author, in private
command-retirer = remove retirer
command-retirer-help = in answer to a message: remove it from all chats
command-muet = mute muet
command-muet-help = in answer to a message: its author does not write for 1 h, or as long as given: 30min, 2h, 3d
command-exclure = ban exclure
command-exclure-help = in answer to a message: ban its author from the circle
command-nettoyer = clear nettoyer
command-nettoyer-help = in answer to a message: take away all reactions of its author
command-verrouiller = lock verrouiller
command-verrouiller-help = close the chats of the circle, until it is undone
command-annuler = undo annuler
command-annuler-help = take a decision back: undo 12, or in answer to a message
act-how = Answer the message with this command, or give the case's number. If the message is older than two days, I no longer know whose it is.
lock-nowhere = This chat is linked to no other.
lock-already = It is locked already. To open it again: { $prefix }undo { $number }
acted =
    <b>Case { $number }</b>
    { $lines }
final-remove = A removed message does not come back itself. If you undo it, I can say it again as long as I keep its text.
final-ban = After an undo, the person has to come back to the chats by themselves.
final-clear = Reactions that were taken away do not come back.
undo-how = Tell me which case: { $prefix }undo 12, or answer the message.
undo-nothing = Nothing is left to undo in case { $number }.
undo-done =
    Case { $number }, undone:
    { $lines }
taken-back-release = The copies are removed. The message stays in its chat.
taken-back-withhold = The message passes to the neighbours, if its author shares messages.
taken-back-withhold-gone = The text of the message is no longer kept: it will not pass.
taken-back-warn = The warning no longer counts.
taken-back-remove = The message itself does not come back. I say it again.
taken-back-remove-gone = The message does not come back, and its text is no longer kept: I cannot say it again.
taken-back-mute = The person can write again, if nothing else prevents it.
taken-back-ban = The person can come back. They have to do it by themselves.
taken-back-lock = The chats are open again.
taken-back-clear = Reactions that were taken away do not come back: people can give them again.
undone =
    Decision { $number } is undone. We are sorry.
    { $lines }
undone-release = Your message is no longer with the neighbours.
undone-withhold = Your message passes to your neighbours, if you share your messages.
undone-withhold-gone = The text of your message is no longer kept: you can write it again.
undone-warn = The warning no longer counts.
undone-remove = A removed message does not come back itself: I have said it again.
undone-remove-gone = Your message does not come back, and its text is no longer kept: you can write it again.
undone-mute = You can write again.
undone-ban = You can come back to the chats, by the usual link.
undone-lock = The chats are open again.
undone-clear = You can give your reactions again.
said-again = ↩️ This message of { $name } was removed by mistake:
said-again-nameless = ↩️ A message was removed by mistake:

nudge = A word between us. Something in your message sometimes bothers people here: { $ground }. Nothing was done, you can change it if you like.
held = ⏸ Your message is here in this chat. Before it passes to the neighbours, a moderator looks at it. Reason: { $ground }. It is the filter that hesitates, it may be wrong. We will answer you here. (Case { $number })
held-released = ✅ A moderator read your message: all is well, it passes to the neighbours. Thank you for your patience.
held-expired = Nobody could look at your message in two days. It stayed in this chat. You can write it differently.

command-abus = report abus signaler
command-abus-help = in answer to a message: report it to the moderators, without anyone knowing it was you
abus-how = Answer the message that is a problem with this command. Nobody will know it was you.
abus-unknown = I cannot find this message: it is too old, or I wrote it myself. Talk to a moderator.
abus-own = This is your own message. To remove it, answer it: { $prefix }erase
abus-enough = You have reported a lot today. The moderators are looking. If it is urgent, call 112.
abus-thanks = Thank you. A moderator will look. Nobody will know it was you, and you will get the answer here. (Case { $number })
reported-passed = You reported a message (case { $number }). A moderator read it: it stays. Thank you for watching out.
reported-acted = You reported a message (case { $number }). A moderator acted. Thank you for watching out.
reported-withdrawn = You reported a message (case { $number }). Its author removed it. Thank you for watching out.
reported-expired = You reported a message (case { $number }). Nobody could look in time. Talk to a moderator.

statement =
    <b>Decision { $number }, and its reasons</b>
    { $lines }
statement-decision = Decision:
statement-territory = Where:
statement-where = the chats of the circle "{ $circle }", on Telegram and on Matrix
statement-ground = Rule:
statement-words = In detail:
statement-facts = Message concerned:
statement-source = Origin:
statement-automated = Machine:
statement-appeal = Appeal:
statement-how = free, until { $last }. Answer this message, or write to me in private: { $prefix }appeal { $number }, then your reasons. Somebody else will decide.
source-held = the bot's filter
source-reported = { $count ->
    [one] a report
   *[other] { $count } reports
}
source-acted = a moderator, of their own accord
automated-yes = a filter held the message, then a person decided
automated-no = none, a person decided

ground-charter = the rules of the circle
ground-reported = a reported message, against the rules of the circle

command-recours = appeal recours
command-recours-help = appeal against a decision about you: appeal 12, then your reasons
recours-how = Give the decision's number, then your reasons: { $prefix }appeal 12 ...
recours-unknown = I find no decision of this number about you.
recours-nothing = There is nothing to appeal: this decision no longer holds, or there was none.
recours-late = The six months are over.
recours-twice = Your appeal is noted already. Somebody else than who decided will read it.
recours-noted = Your appeal against decision { $number } is noted. Somebody else than who decided will read it. You will get the answer here.
appeal-head = ⚖️ <b>Appeal, case { $number }</b> · { $circle }
appeal-says = The person answers:
appeal-type = To answer: { $prefix }case { $number } lift, or { $prefix }case { $number } uphold. Who decided does not answer the appeal.
appeal-not-by-you = You took this decision: somebody else has to answer the appeal.
appeal-open = ⚖️ An appeal waits.
appeal-lifted = ⚖️ Appeal granted: the decision is lifted.
appeal-upheld = ⚖️ Appeal rejected: the decision is upheld.
upheld = Your appeal against decision { $number } was read by somebody else. The decision is upheld. You may also turn to the town hall, or to a court.

command-expliquer = explain expliquer
command-expliquer-help = in answer to a message: what the filter thinks of it, and why
expliquer-how = Answer the message with this command. You can do that for your own messages. I do not keep old ones.
explain =
    The filter's decision: <b>{ $decision }</b>. Without what is only tried: { $would }.
    { $lines }
    Settings: { $policy }
explain-nothing = The filter finds nothing. Settings: { $policy }
explain-line = • { $check }: { $ground } → { $step } { $found }{ $tried }
explain-dry = {" (only tried)"}
decision-pass = let pass
decision-nudge = a word in private
decision-hold = hold
decision-hide = propose to remove
decision-mute = propose to mute
decision-ban = propose to ban

dry-yes = yes oui
dry-no = no non
dry-on = Noted: from now on it is only counted. To see the numbers: { $prefix }moderation dry
dry-off = Noted: the trial is over, the filter acts.
dry-none = Nothing is being tried. To try: { $prefix }moderation dry yes, or { $prefix }moderation dry yes, then the name of a check.
dry-stands =
    Being tried, these last seven days:
    { $lines }
    To end it: { $prefix }moderation dry no
dry-line = • { $check }: { $count ->
    [0] nothing
    [one] one message would have been touched
   *[other] { $count } messages would have been touched
}

command-regle = rule regle
command-regle-help = see or change what this circle's filter holds
rule-denied-domains = denied_domains domaine.interdit domaines.interdits
rule-allowed-domains = allowed_domains domaine.permis domaines.permis
rule-words = words mot mots
rule-where = Write this in a linked chat.
rule-how = For example: { $prefix }rule denied_domains +example.com or { $prefix }rule newcomer_delay 60
rule-changed = Noted for this circle: { $name } { $value }
rule-wrong = That does not work: { $why }. To see the names and values: { $prefix }rule
rule-stands =
    Settings of this circle ({ $policy }):
    { $lines }
    To change one: { $prefix }rule, its name, its value.

command-journal = log journal
command-journal-help = see what moderators decided, without names
journal =
    The latest decisions:
    { $lines }
journal-empty = Nothing was decided.
journal-line = <b>{ $number }</b> · { $at } · { $what } { $ground } · { $by }{ $marks }
journal-you = by you
journal-other = by { $code }
journal-machine = found by the filter
journal-undone = undone
