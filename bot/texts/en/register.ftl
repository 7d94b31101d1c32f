register-file-register = register.md
register-file-notice = notice.md
register-file-impact = impact-assessment.md
register-file-contract = processor-contract.md
register-made = This document is made by “palier register” from the purposes that the software declares. The blanks “______” are for a human to fill in. Make it again after an update.
register-who =
    - Controller: { $town_hall }, for { $commune } (neighbourhoods: { $places })
    - Address, e-mail, telephone: ______
    - Representative of the controller: ______
    - Data protection officer, and how to reach them: ______
register-basis-commune = commune
register-basis-association = association
register-basis-note = An association that relies on 6(1)(f) writes down its balance: ______
register-never = none: forbidden, and not done
register-head = | data | for | basis (GDPR) | kept | seen by | taken back by | copies elsewhere |
register-title-register = # Record of processing activities (GDPR, article 30)
register-register =
    ## The processing

    - Name: linking the chats of a neighbourhood (Telegram, Matrix), with Palier
    - In use since: ______
    - Data subjects: residents who write in a linked chat, people who hold a role

    ## Purposes, data, time limits
register-register-after =
    ## Recipients

    - The members of the linked chats: what its author agreed to share, under the name that they chose
    - Telegram, and the Matrix servers of those who take part: controllers of their own
    - Who hosts Palier, under contract (article 28): ______
    - Ambassadors and moderators, under the controller's authority

    ## Transfers outside the Union

    Telegram is established outside Europe. A Matrix message is copied there only after a yes that says so (article 49(1)(a)).
    The data protection officer decides and records it: ______
    A circle can stay on Matrix only.

    ## Security measures (article 32)

    - Identifiers and texts are sealed (AES-256-GCM), the key is outside the database; they are found by keyed hash (HMAC-SHA-256)
    - Nothing leaves a chat without its author's yes: checked when it is queued, and again when it leaves
    - Texts are wiped { $text } days after delivery; what is deleted is overwritten (SQLite secure_delete)
    - Backups hold no key, and are erased after { $backups } days in their folder
    - The technical log holds no text and no name, and is kept { $log } days (to be set in the system: ______)
    - Change of the key: palier rotate-key
    - Access to the machine: ______
register-title-notice = # What is done with your data (GDPR, article 13)
register-notice =
    Nothing of yours leaves your chat before your yes. Saying nothing means no. Refusing changes nothing for you. The town hall's news, the calendar, help and your rights do not depend on your yes.
register-notice-after =
    ## Who receives your messages

    The members of the linked chats, if you said yes. Telegram is established outside Europe; the Matrix servers of those who take part may be.

    ## Your rights

    - See everything, and take it along in a file: /mydata (articles 15 and 20)
    - See what you decided: /consents
    - Change your mind, as easily as you said yes: /relay, /photos (article 7(3))
    - Take a message back: /erase, in reply to that message
    - Be forgotten: /forget (article 17)
    - Object: /object; a human answers within a month (article 21)
    - Correct: your name is always the one that you show (article 16)
    - Complain: to the supervisory authority (in France the CNIL, cnil.fr)

    No machine sanctions you by itself: at most it holds a message until a human decides (article 22).
    Below 15, a parent has to agree.
register-title-impact = # Data protection impact assessment (GDPR, article 35)
register-impact =
    ## Description

    A bot copies messages between the chats of one neighbourhood, when their author agreed. It passes on the town hall's announcements, too.

    - Number of chats and of residents concerned: ______
    - Why an assessment is made, or not (lists of the supervisory authority): ______
register-impact-after =
    ## Necessity and proportionality

    - Doing nothing means no. A yes is given by person, by circle and by use.
    - Words stay { $text } days at most in the database, sealed; the list of copies { $map } days.
    - No phone number, no live position, no contact is relayed or kept.
    - No classifier is trained on what people write.
    - Opinion of the controller: ______

    ## Risks and measures

    | risk | severity | likelihood | measure | what remains |
    | --- | --- | --- | --- | --- |
    | the database is stolen | ______ | ______ | identifiers and texts sealed, key elsewhere, short time limits | ______ |
    | the key is seen | ______ | ______ | palier rotate-key, backups erased after { $backups } days | ______ |
    | a message leaves without a yes | ______ | ______ | one gate at the exit, asked twice; tried with every feature | ______ |
    | a copy can no longer be removed | ______ | ______ | the person is told; said before the yes | ______ |
    | a neighbour poses as the town hall | ______ | ______ | imitated names replaced, first line protected | ______ |
    | a minor agrees alone | ______ | ______ | the yes says “15 and over” | ______ |
    | somebody speaks of another's health | ______ | ______ | report, /erase, no inference | ______ |
    | the database is lost | ______ | ______ | palier backup, restoring tried on ______ | ______ |

    ## Opinions

    - Data subjects, or their representatives (article 35(9)): ______
    - Data protection officer (article 35(2)): ______
    - Decision, date, signature: ______
register-title-contract = # Processor's contract (GDPR, article 28)
register-contract =
    Between { $town_hall } (“the controller”) and ______ (“the processor”), who hosts Palier.

    ## Subject, duration, nature (article 28(3))

    - Subject: hosting and maintaining Palier for { $commune }
    - Duration: from ______ to ______
    - Data subjects: the residents of the linked chats
    - Data and time limits:
register-contract-after =
    ## The processor

    - (a) processes the data only on the controller's written instructions, transfers outside the Union included;
    - (b) ensures that those with access to the machine keep silence;
    - (c) takes the measures of article 32: encrypted disk, updates, personal accounts, key apart from the backups;
    - (d) engages another processor only with the controller's written consent: ______;
    - (e) helps to answer requests: /mydata, /forget and /object do most of it;
    - (f) helps with security, with notifications of breaches (within ______ hours) and with the impact assessment;
    - (g) in the end returns a backup and its key, or erases everything: palier forget --commune, then the backups;
    - (h) makes available what proves all this, and allows audits.

    Done at ______, on ______

    For the controller: ______

    For the processor: ______
