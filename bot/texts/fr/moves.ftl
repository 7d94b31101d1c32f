moved-out = Le salon « { $title } » a été remplacé par un autre, et je n'ai pas pu y entrer. Invitez-moi dans le nouveau salon : la liaison suivra.
shut-kicked = J'ai été retiré du groupe « { $title } ». Ce qui lui est destiné attend 24 heures. Remettez-moi dans le groupe, et rien ne sera perdu.
shut-rights = Je ne peux plus écrire dans le groupe « { $title } ». Ce qui lui est destiné attend. Rendez-moi le droit d'écrire, et rien ne sera perdu.
shut-topic-closed = Le sujet relié du groupe « { $title } » est fermé. Ce qui lui est destiné attend. Rouvrez le sujet, et rien ne sera perdu.
