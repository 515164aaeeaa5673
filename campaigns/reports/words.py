"""The words of a summary in three languages: names, nouns as they are counted, and sentences with gaps."""

from __future__ import annotations

from campaigns.languages import Trilingual

_t = Trilingual


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.split(" | "))


HIJRI_MONTHS = _t(
    _listed(
        "محرم | صفر | ربيع الأول | ربيع الآخر | جمادى الأولى | جمادى الآخرة"
        " | رجب | شعبان | رمضان | شوال | ذو القعدة | ذو الحجة"
    ),
    _listed(
        "Muharram | Safar | Rabi al-Awwal | Rabi al-Akhir | Jumada al-Ula | Jumada al-Akhirah"
        " | Rajab | Shaaban | Ramadan | Shawwal | Dhu al-Qidah | Dhu al-Hijjah"
    ),
    _listed(
        "mouharram | safar | rabia al-awwal | rabia al-akhir | joumada al-oula | joumada al-akhira"
        " | rajab | chaabane | ramadan | chawwal | dhou al-qida | dhou al-hijja"
    ),
)

NAMES = {
    "facebook": _t("فيسبوك", "Facebook", "Facebook"),
    "x": _t("إكس", "X", "X"),
    "instagram": _t("إنستغرام", "Instagram", "Instagram"),
    "youtube": _t("يوتيوب", "YouTube", "YouTube"),
    "website": _t("الموقع الإلكتروني", "Website", "Site web"),
    "ar": _t("العربية", "Arabic", "arabe"),
    "en": _t("الإنجليزية", "English", "anglais"),
    "fr": _t("الفرنسية", "French", "français"),
    "text": _t("نص", "Text", "Texte"),
    "design": _t("تصميم", "Design", "Visuel"),
    "infographic": _t("إنفوغرافيك", "Infographic", "Infographie"),
    "videographic": _t("فيديوغرافيك", "Videographic", "Infographie animée"),
    "film": _t("فيلم قصير", "Short film", "Court métrage"),
    "story": _t("قصة", "Story", "Story"),
    "takfir": _t("التكفير", "Takfir", "Takfir"),
    "jihad": _t("الجهاد", "Jihad", "Jihad"),
    "violence": _t("العنف", "Violence", "Violence"),
    "coexistence": _t("التعايش", "Coexistence", "Coexistence"),
    "rights": _t("الحقوق", "Rights", "Droits"),
    "governance": _t("الحكم", "Governance", "Gouvernance"),
    "authority": _t("المرجعية", "Authority", "Autorité"),
    "heritage": _t("التراث", "Heritage", "Patrimoine"),
    "islamophobia": _t("الإسلاموفوبيا", "Islamophobia", "Islamophobie"),
    "published": _t("صدر", "published", "publié"),
    "waiting": _t("في الانتظار", "waiting", "en attente"),
    "failed": _t("رُفض", "refused", "refusé"),
    "uncertain": _t("غير مؤكد", "uncertain", "incertain"),
    "held": _t("موقوف", "held", "retenu"),
    "missed": _t("فات وقته", "missed", "manqué"),
    "withdrawn": _t("مسحوب", "withdrawn", "retiré"),
    "impressions": _t("مرات الظهور", "Impressions", "Impressions"),
    "views": _t("المشاهدات", "Views", "Vues"),
    "engagements": _t("التفاعلات", "Engagements", "Interactions"),
    "reactions": _t("ردود الفعل", "Reactions", "Réactions"),
    "comments": _t("التعليقات", "Comments", "Commentaires"),
    "shares": _t("المشاركات", "Shares", "Partages"),
    "saves": _t("مرات الحفظ", "Saves", "Enregistrements"),
    "clicks": _t("النقرات", "Clicks", "Clics"),
    "reach": _t("الوصول", "Reach", "Portée"),
    "draft": _t("ينتظر تأكيد العلماء", "scholars have still to confirm", "les savants doivent encore confirmer"),
    "confirmed": _t("مؤكد", "confirmed", "confirmé"),
    "retired": _t("خارج القائمة", "retired", "retiré du catalogue"),
}

NOUNS: dict[str, Trilingual[dict[str, str]]] = {
    "publications": _t(
        {
            "zero": "لا منشورات",
            "one": "منشور واحد",
            "two": "منشوران",
            "few": "{n} منشورات",
            "many": "{n} منشورًا",
            "other": "{n} منشور",
        },
        {"one": "{n} publication", "other": "{n} publications"},
        {"one": "{n} publication", "other": "{n} publications"},
    ),
    "on_accounts": _t(
        {
            "zero": "بلا حسابات",
            "one": "على حساب واحد",
            "two": "على حسابين",
            "few": "على {n} حسابات",
            "many": "على {n} حسابًا",
            "other": "على {n} حساب",
        },
        {"one": "on {n} account", "other": "on {n} accounts"},
        {"one": "sur {n} compte", "other": "sur {n} comptes"},
    ),
    "left_out": _t(
        {
            "one": "لم يُحسب منشور تجريبي واحد.",
            "two": "لم يُحسب منشوران تجريبيان.",
            "few": "لم تُحسب {n} منشورات تجريبية.",
            "many": "لم يُحسب {n} منشورًا تجريبيًا.",
            "other": "لم يُحسب {n} منشور تجريبي.",
        },
        {"one": "{n} rehearsal is left out.", "other": "{n} rehearsals are left out."},
        {"one": "{n} répétition n’est pas comptée.", "other": "{n} répétitions ne sont pas comptées."},
    ),
}

PHRASES = {
    "comma": _t("، ", ", ", ", "),
    "all_languages": _t("اللغات الثلاث", "all three", "les trois"),
    "hijri_era": _t("هـ", "AH", "H"),
    "centre": _t("مركز صوت الحكمة", "Sawt al-Hikma Centre", "Centre Sawt al-Hikma"),
    "organisation": _t(
        "منظمة التعاون الإسلامي", "Organisation of Islamic Cooperation", "Organisation de la coopération islamique"
    ),
    "title": _t("حصيلة الشهر", "The month’s summary", "Bilan du mois"),
    "page": _t("صفحة {n} من {of}", "Page {n} of {of}", "Page {n} sur {of}"),
    "told_on": _t("كُتبت يوم {day}", "Drawn up on {day}", "Établi le {day}"),
    "mark": _t(
        "تجربة: الأرقام من وضع منصة التجربة، لا من جمهور حقيقي.",
        "Rehearsal: figures are invented by the rehearsal stage.",
        "Répétition : les chiffres sont inventés par la scène de répétition.",
    ),
    "opening": _t(
        "صدر خلال الشهر {published} من أصل {planned} في الخطة، {accounts}.",
        "{published} went out of {planned} planned, {accounts}.",
        "{published} sur {planned} au programme, {accounts}.",
    ),
    "opening_none": _t(
        "لم يصدر شيء خلال الشهر؛ وفي الخطة: {planned}.",
        "Nothing went out this month; planned: {planned}.",
        "Rien n’a été publié ce mois-ci ; au programme : {planned}.",
    ),
    "opening_rest": _t("والباقي: {rest}.", "The rest: {rest}.", "Le reste : {rest}."),
    "impact": _t(
        "الأثر: لم يُقَس. الظهور والتفاعل لا يثبتان أن أحدًا غيّر رأيه.",
        "Impact: not measured. That a post was seen, or reacted to, does not show that anyone changed their mind.",
        "Impact : non mesuré. Être vu ou faire réagir ne prouve pas que quiconque ait changé d’avis.",
    ),
    "not_over": _t(
        "الشهر لم ينته بعد؛ هذه حصيلته حتى {day}.",
        "The month is not over: this is how it stood on {day}.",
        "Le mois n’est pas terminé : en voici l’état au {day}.",
    ),
    "over": _t("عن {over} من {of}", "over {over} of {of}", "sur {over} des {of}"),
    "of_planned": _t("من أصل {of} في الخطة", "of {of} planned", "sur {of} au programme"),
    "of_catalogue": _t("من أصل {of} في القائمة", "of {of} in the catalogue", "sur {of} au catalogue"),
    "median": _t("الوسيط\u00a0{rate}", "median\u00a0{rate}", "médiane\u00a0{rate}"),
    "middle_half": _t("النصف الأوسط\u00a0{rates}", "middle half\u00a0{rates}", "moitié centrale\u00a0{rates}"),
    "rate": _t("معدل التفاعل", "Engagement rate", "Taux d’interaction"),
    "median_rate": _t("وسيط المعدل", "Median rate", "Taux médian"),
    "planned": _t("المخطط", "Planned", "Programmés"),
    "out": _t("الصادر", "Published", "Publiés"),
    "not_out": _t("لم يصدر", "Not out", "Non parus"),
    "largest_reach": _t("أكبر وصول لمنشور", "Largest reach of one", "Plus grande portée d’un seul"),
    "counted_over": _t("{figure}: عدد المنشورات", "{figure}: over", "{figure} : sur"),
    "published_of": _t("{n} {word}", "{n} {word}", "{n} {word}"),
    "days": _t("الشهر يومًا بيوم", "Day by day", "Jour après jour"),
    "days_caption": _t(
        "عدد المنشورات الصادرة كل يوم بالتوقيت العالمي، وبجانب اليوم تاريخه الهجري. العلامة الحمراء: ما لم يصدر.",
        "How many went out on each day (UTC), with the Hijri day beside. A red mark: what did not go out.",
        "Nombre de parutions par jour (UTC), avec le jour de l’Hégire. Marque rouge : ce qui n’est pas paru.",
    ),
    "overview": _t("نظرة عامة", "Overview", "Vue d’ensemble"),
    "networks": _t("الشبكات", "Networks", "Réseaux"),
    "network": _t("الشبكة", "Network", "Réseau"),
    "languages": _t("اللغات", "Languages", "Langues"),
    "language": _t("اللغة", "Language", "Langue"),
    "accounts": _t("الحسابات", "Accounts", "Comptes"),
    "account": _t("الحساب", "Account", "Compte"),
    "kinds": _t("أنواع المحتوى", "Kinds", "Formats"),
    "kind": _t("النوع", "Kind", "Format"),
    "campaigns": _t("الحملات", "Campaigns", "Campagnes"),
    "campaign": _t("الحملة", "Campaign", "Campagne"),
    "no_campaign": _t("بلا حملة", "No campaign", "Sans campagne"),
    "by_caption": _t(
        "ما خُطط له وما صدر، وأرقام ما صدر. الشرطة رقم غائب، وليست صفرًا.",
        "What was planned, what went out, and its figures. A dash is a figure that is missing, not zero.",
        "Ce qui était prévu, ce qui est paru, et ses chiffres. Un tiret est un chiffre absent, non un zéro.",
    ),
    "components": _t(
        "من أي شيء تتكون التفاعلات", "What engagements are made of", "De quoi se composent les interactions"
    ),
    "components_caption": _t(
        "مكونات التفاعل في كل شبكة، بقدر ما تعطيه الشبكة.",
        "The components on each network, as far as the network gives them.",
        "Les composantes par réseau, pour autant que le réseau les donne.",
    ),
    "bars_networks": _t("الصادر بحسب الشبكة", "Published by network", "Publiés par réseau"),
    "bars_languages": _t("الصادر بحسب اللغة", "Published by language", "Publiés par langue"),
    "bars_kinds": _t("الصادر بحسب النوع", "Published by kind", "Publiés par format"),
    "bars_accounts": _t("التفاعلات بحسب الحساب", "Engagements by account", "Interactions par compte"),
    "misconceptions": _t("المفاهيم الخاطئة", "Misconceptions", "Idées fausses"),
    "misconception": _t("المفهوم الخاطئ", "Misconception", "Idée fausse"),
    "answered": _t("مفاهيم خاطئة رُدّ عليها", "Misconceptions answered", "Idées fausses réfutées"),
    "misconceptions_caption": _t(
        "ما رُدّ عليه هذا الشهر. العبارة نص القائمة للمفهوم الخاطئ، لعمل الفريق وحده، ولا تُنشر.",
        "What was answered this month. Each line states the misconception as the catalogue does, for the team alone; "
        "it is not for posting.",
        "Ce qui a été réfuté ce mois-ci. Chaque ligne énonce l’idée fausse comme au catalogue, pour l’équipe seule ; "
        "elle n’est pas à publier.",
    ),
    "misconceptions_none": _t(
        "لم يُردّ هذا الشهر على أي مفهوم في القائمة.",
        "Nothing in the catalogue was answered this month.",
        "Rien du catalogue n’a été réfuté ce mois-ci.",
    ),
    "first_in": _t("مواد ردّها الأول", "Posts: first of all", "Contenus : d’abord"),
    "also_in": _t("مواد ردّها أيضًا", "Posts: also", "Contenus : aussi"),
    "in_languages": _t("اللغات", "Languages", "Langues"),
    "standing": _t("الاعتماد", "Standing", "Statut"),
    "category": _t("الباب", "Category", "Thème"),
    "last_on": _t("آخر رد", "Last answered", "Dernière réponse"),
    "never": _t("لم يُردّ عليها قط", "Never answered", "Jamais réfutées"),
    "never_caption": _t(
        "مفاهيم في القائمة لم يردّ عليها أي منشور حتى نهاية الشهر.",
        "Entries of the catalogue that no publication has answered up to the month’s end.",
        "Entrées du catalogue auxquelles aucune publication n’a répondu jusqu’à la fin du mois.",
    ),
    "drafts": _t(
        "{drafts} من {of} في القائمة مسودات لم يؤكدها العلماء بعد.",
        "{drafts} of the catalogue’s {of} entries are drafts: scholars have still to confirm them.",
        "{drafts} des {of} entrées du catalogue sont des ébauches : les savants doivent encore les confirmer.",
    ),
    "best": _t(
        "المنشورات العشرة الأكثر تفاعلًا", "The ten most engaging", "Les dix publications qui ont fait le plus réagir"
    ),
    "best_caption": _t(
        "بحسب مجموع التفاعلات؛ ما لا رقم له لا يدخل في الترتيب.",
        "By their engagements; a publication without that figure is not ranked.",
        "Selon leurs interactions ; une publication sans ce chiffre n’est pas classée.",
    ),
    "best_none": _t("لا أرقام تفاعل بعد.", "No engagement figures yet.", "Pas encore de chiffres d’interaction."),
    "post": _t("المنشور", "Publication", "Publication"),
    "posts": _t("المنشورات", "Publications", "Publications"),
    "day": _t("اليوم", "Day", "Jour"),
    "outcome": _t("الحال", "Outcome", "Issue"),
    "link": _t("الرابط", "Link", "Lien"),
    "why": _t("السبب", "Why", "Motif"),
    "troubles": _t("ما تعثّر", "What went wrong", "Ce qui n’a pas abouti"),
    "troubles_none": _t("لم يتعثر شيء.", "Nothing went wrong.", "Tout s’est bien passé."),
    "troubles_more": _t(
        "وغيرها {n}، تجدها في ورقة «المنشورات» من جدول Excel.",
        "And {n} more, on the workbook’s sheet of publications.",
        "Et {n} de plus, dans la feuille des publications du classeur.",
    ),
    "quoted": _t("«{words}»", "“{words}”", "« {words} »"),
    "trouble_failed": _t(
        "يوم {day} لم يُقبل «{words}» على {account}.",
        "On {day}, {account} did not take “{words}”.",
        "Le {day}, {account} n’a pas accepté « {words} ».",
    ),
    "trouble_uncertain": _t(
        "يوم {day}: لا يُعرف هل صدر «{words}» على {account}؛ على أحد أن يتحقق.",
        "On {day}: it is not known whether “{words}” went out on {account}; somebody must look.",
        "Le {day} : on ignore si « {words} » est paru sur {account} ; quelqu’un doit vérifier.",
    ),
    "trouble_held": _t(
        "يوم {day} أُوقف «{words}» على {account}.",
        "On {day}, “{words}” was held back on {account}.",
        "Le {day}, « {words} » a été retenu sur {account}.",
    ),
    "trouble_missed": _t(
        "يوم {day} فات وقت «{words}» على {account} فلم يُنشر.",
        "On {day}, “{words}” came too late for {account} and was not published.",
        "Le {day}, « {words} » arrivait trop tard pour {account} et n’a pas été publié.",
    ),
    "trouble_withdrawn": _t(
        "سُحب «{words}» من {account}؛ كان موعده يوم {day}.",
        "“{words}” was withdrawn from {account}; its day was {day}.",
        "« {words} » ({account}) a été retiré ; son jour était le {day}.",
    ),
    "trouble_waiting": _t(
        "«{words}» على {account} مستحق منذ {day} وما زال ينتظر.",
        "“{words}” has been due on {account} since {day} and is still waiting.",
        "« {words} » est attendu sur {account} depuis le {day} et attend toujours.",
    ),
    "reading": _t("كيف تُقرأ هذه الأرقام", "How to read these figures", "Comment lire ces chiffres"),
    "note_missing": _t(
        "الشرطة رقم لم تعطه الشبكة، وليست صفرًا. وكل مجموع يذكر عدد المنشورات التي حُسب منها.",
        "A dash is a figure that the network did not give; it is not zero. "
        "Every sum says over how many publications it is.",
        "Un tiret est un chiffre que le réseau n’a pas donné ; ce n’est pas zéro. "
        "Chaque somme dit sur combien de publications elle porte.",
    ),
    "note_apart": _t(
        "مرات الظهور والمشاهدات والتفاعلات أشياء مختلفة، ولا تُجمع معًا أبدًا. ولكل شبكة تعريفها.",
        "Impressions, views and engagements are different things and are never added together. "
        "Each network defines them in its own way.",
        "Impressions, vues et interactions sont choses différentes et ne sont jamais additionnées entre elles. "
        "Chaque réseau les définit à sa manière.",
    ),
    "note_reach": _t(
        "الوصول يُذكر لمنشور واحد فقط: جمعه يعدّ الشخص نفسه مرات.",
        "Reach is given for single publications only: a sum would count the same people several times.",
        "La portée n’est donnée que pour une publication à la fois : une somme compterait plusieurs fois "
        "les mêmes personnes.",
    ),
    "note_rate": _t(
        "التفاعلات: ردود الفعل والتعليقات والمشاركات ومرات الحفظ والنقرات، بقدر ما تعطيه الشبكة. "
        "والمعدل مجموع التفاعلات على مجموع مرات الظهور، لما له الرقمان معًا؛ والوسيط للمنشور الواحد.",
        "Engagements are reactions, comments, shares, saves and clicks, as far as the network gives them. The rate "
        "is their sum by the sum of impressions, over publications that have both; the median is of single ones.",
        "Les interactions sont réactions, commentaires, partages, enregistrements et clics, pour autant que le réseau "
        "les donne. Le taux est leur somme sur celle des impressions, pour les publications qui ont les deux ; "
        "la médiane porte sur les publications une à une.",
    ),
    "note_read": _t(
        "الأرقام آخر قراءة لكل منشور، أُخذت بين {first} و{last}.",
        "The figures are the newest reading of each publication, taken between {first} and {last}.",
        "Les chiffres sont la dernière lecture de chaque publication, prise entre le {first} et le {last}.",
    ),
    "note_month": _t(
        "يُحسب المنشور في الشهر الذي صدر فيه، أو كان موعده فيه، بالتوقيت العالمي. وأرقام ما سُحب لا تدخل في المجاميع.",
        "A publication belongs to the month in which it went out, or was due, in UTC. "
        "Figures of withdrawn ones are not in the sums.",
        "Une publication compte dans le mois où elle est parue, ou était due, en UTC. "
        "Les chiffres des publications retirées n’entrent pas dans les sommes.",
    ),
    "note_hijri": _t(
        "التاريخ الهجري بتقويم أم القرى، وقد يختلف يومًا عن الرؤية.",
        "Hijri dates follow the Umm al-Qura calendar; a sighting may differ by a day.",
        "Les dates de l’Hégire suivent le calendrier d’Oumm al-Qoura ; l’observation peut différer d’un jour.",
    ),
}
