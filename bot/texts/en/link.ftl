command-start = start
command-start-help = open a link or a code that you got
command-inviter = invite inviter
command-inviter-help = give a role by a link that works once
command-relier = link relier
command-relier-help = link a group to your neighbourhood
command-delier = unlink delier
command-delier-help = part this group from the others
hello =
    Hello! I am the bot { $whose }. I link the groups of one neighbourhood, on Telegram and on Matrix.
    Write { $prefix }help to see what I can do.
code-unknown = This code no longer works, or not yet. A code lasts 24 hours and works once: ask for another.
code-for-a-group = This code is for a group. Add me to the group, then write there: { $prefix }link { $code }
role-given = Thank you! You are now { $role } ({ $where }). Write { $prefix }help to see what that opens for you.
role-operator = operator
role-publisher = publisher of the town hall
role-approver = approver of the town hall
role-ambassador = ambassador
role-moderator = moderator
type-operator = operator
type-publisher = publisher
type-approver = approver
type-ambassador = ambassador
type-moderator = moderator
inviter-how = Write { $prefix }invite, the role, then the neighbourhood if it needs one. Roles that you can give: { $roles }. Neighbourhoods: { $places }.
inviter-ready =
    Here is a link for: { $role }. It works once, within { $hours } hours. Send it to that person alone:
    { $ways }
inviter-matrix = On Matrix: open a conversation with { $address } and write “!start { $code }”
relier-where = Which neighbourhood?
relier-where-typed = Which neighbourhood? Write { $prefix }link and a name: { $places }
relier-add = Add the bot to a { $network } group
relier-invite = { $network }: in the room, write “/invite { $address } { $code }”, then “!link { $code }”.
relier-ready =
    <b>{ $place }</b>: two or more groups of this neighbourhood will hear one another. Each code works once, within { $hours } hours. { $taps ->
        [0] {""}
       *[other] The button adds the bot to the group, with the rights that it needs.
    }
    { $ways }
link-how = I need a code to link this group. An ambassador gets one by writing { $prefix }link to me in private.
already-linked = This group is already linked. To part it: { $prefix }unlink
topic-already = Another topic of this group is already in this circle. A circle takes only one topic of each group.
needs-supergroup =
    This group is of an old kind, in which I can neither moderate nor follow topics. To turn it into a supergroup: Edit the group, then “Chat history for new members: visible”.
    Then write { $prefix }link { $code }. The code still works.
linked = ✅ This group is now part of the circle “{ $circle }”. { $others ->
    [0] It is the first. The others will hear it as soon as they are linked.
    [one] It is linked to one other group.
   *[other] It is linked to { $others } other groups.
}
rights-missing =
    I still lack some rights:
    { $lines }
rights-complete = Thank you, I now have all the rights that I need.
right-admin-telegram = administrator: without it, I see neither every message nor the reactions.
right-delete-telegram = delete messages: without it, “/erase” removes nothing here.
right-pin-telegram = pin: without it, the card with the buttons is lost in the conversation.
right-delete-matrix = remove other people's messages (moderator): without it, “!erase” removes nothing here.
right-pin-matrix = pin (moderator): without it, the card is lost in the conversation.
unlinked = This group is no longer part of the circle “{ $circle }”. Nothing leaves any more, nothing arrives.
unclaimed = I am the bot { $whose }. Without a code from an ambassador, I leave tomorrow. The code is written like this: { $prefix }link CODE
encrypted = I could not read an encrypted message of this room: its key did not reach me. If it comes, the message will cross, marked as late.
