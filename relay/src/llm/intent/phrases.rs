//! The phrases by which an intent is told: English, German and Arabic, folded (lower case, no
//! accents), `|` between them. Pure data.

/// Beginnings of a question about the one who answers.
pub(super) const YOU: &str = "\
    are you|r u|are u|you are|youre|you re|is this|this is|is it|is that|am i|do i|who am i|\
    what are you|who are you|were you|is there a human|is there a real|is there a person|\
    is there someone real|do you have feelings|aren t you|arent you|am i not|bist du|\
    sind sie|bist ihr|seid ihr|ist das|ist dies|ist hier|rede ich|spreche ich|schreibe ich|\
    chatte ich|sitzt da|sitzt hier|was bist du|wer bist du|was sind sie|wer antwortet|\
    antwortet hier|antwortet mir|هل انت|انت|هل هذا|هل اتحدث|هل اكلم|هل انا|من انت|ما انت|\
    هل يوجد|هل تكون";

/// What the one who answers may be.
pub(super) const NATURE: &str = "\
    human|humans|robot|bot|chatbot|chat bot|ai|a i|machine|computer|automated|artificial|\
    real person|actual person|live person|a person|chatgpt|gpt|llm|language model|\
    software|programme|program|algorithm|alive|a real one|someone real|real human|claude|\
    virtual|feelings|mensch|menschen|ki|roboter|maschine|kunstliche|kunstlich|person|sprachmodell|automat|automatisch|programm|انسان|بشر|بشري|\
    روبوت|بوت|الي|اله|ذكاء|اصطناعي|شخص|برنامج|حاسوب|كمبيوتر";

/// What the one who answers may be, where nothing follows: "Are you real?", but not "a real key".
pub(super) const NATURE_AT_END: &str = "real|real or not|for real|echt|echte|echter|حقيقي|حقيقيه";

/// A bare question for it.
pub(super) const NATURE_ALONE: &str = "\
    human|bot|robot|ai|chatgpt|real person|human or robot|human or bot|bot or human|\
    robot or human|you human|you a bot|you real|u human|mensch oder maschine|mensch oder ki|\
    mensch oder bot|انسان ام روبوت|روبوت";

/// Things of a car that the words above may be about, too.
pub(super) const NOT_NATURE: &str = "\
    automatic|car|price|mileage|gearbox|real leather|real price|deal|latest software|software update|\
    software version|software up to date|leder|auto|wagen|\
    getriebe|preis|echtleder|سياره|السياره|سعر|السعر";

/// Words for a person at the dealer's.
pub(super) const PERSON: &str = "\
    human|person|someone|somebody|staff|salesperson|salesman|saleswoman|sales team|\
    sales rep|agent|representative|rep|advisor|adviser|manager|colleague|employee|operator|\
    sales|team|real people|people|anyone|anybody|mensch|menschen|mitarbeiter|mitarbeiterin|\
    berater|beraterin|verkaufer|verkauferin|jemand|jemanden|jemandem|kollegen|kollegin|chef|\
    ansprechpartner|person|personlich|شخص|موظف|انسان|احد|بشر|مندوب|بائع|مدير|المبيعات";

/// Words for reaching a person.
pub(super) const REACH: &str = "\
    talk|speak to|speak with|speaking to|chat with|chat to|connect me|transfer|\
    put me through|contact|call me|phone me|ring me|reach|hand me over|message a|\
    sprechen|reden|telefonieren|verbinden|verbinde|erreichen|kontaktieren|kontakt|ruckruf|\
    anrufen|weiterleiten|اتحدث|التحدث|اكلم|التكلم|تحويلي|حولني|اتكلم|التواصل|اتصال";

/// Words for wanting anything: what is wanted must follow soon, and be a person.
pub(super) const WANT: &str = "\
    get me|give me|let me|i want a|i need a|i want to see a|want to see a|ich will einen|\
    ich mochte einen|ich brauche einen|ich will eine|ich brauche eine|geben sie mir|gib mir|اريد";

/// How many words after such a word a person may be named: "I need a really good adviser".
pub(super) const WANT_WORDS: usize = 3;

/// Whoever is wanted by them. "Sales", "people" and "anyone" are in too many other wishes.
pub(super) const WANTED: &str = "\
    human|person|someone|somebody|staff|salesperson|salesman|saleswoman|agent|\
    representative|rep|advisor|adviser|manager|colleague|employee|operator|mensch|menschen|\
    mitarbeiter|mitarbeiterin|berater|beraterin|verkaufer|verkauferin|jemand|jemanden|\
    kollegen|kollegin|ansprechpartner|شخص|شخصا|موظف|موظفا|انسان|مندوب|بائع|مدير|المبيعات";

/// Persons that are a measure of a car.
pub(super) const SEATS: &str = "person car|person vehicle|person van|person carrier|person suv";

/// Whole wishes that name no person.
pub(super) const REACH_ALONE: &str = "\
    call me back|call me|ring me back|phone me back|talk to a person|real person please|\
    human please|agent please|customer service|live agent|live chat|speak to sales|operator|\
    representative|agent|ruckruf bitte|rufen sie mich zuruck|rufen sie mich an|\
    bitte um ruckruf|mitarbeiter bitte|mensch bitte|einen menschen bitte|اتصلوا بي|اتصل بي|\
    خدمه العملاء|موظف";

/// Finance, in any of its forms.
pub(super) const FINANCE: &str = "\
    finance|financing|financed|apr|pcp|hp deal|on hp|hire purchase|loan|loans|monthly payment|\
    monthly payments|per month|much a month|pounds a month|payments a month|pay a month|monthly|instalment|instalments|installment|\
    installments|interest rate|interest rates|interest free|much interest|credit check|\
    credit score|credit rating|bad credit|on credit|lease|leasing|balloon|affordability|\
    afford|lender|lenders|gap insurance|finanzierung|finanzieren|finanziert|\
    finanzierungsrate|kredit|ratenzahlung|in raten|auf raten|\
    die raten|mit raten|per raten|welche raten|raten zahlen|monatsraten|monatsrate|monatlich|monatliche|im monat|\
    pro monat|zins|zinsen|zinssatz|effektivzins|jahreszins|leasing|leasen|schufa|bonitat|\
    schlussrate|تمويل|التمويل|تقسيط|التقسيط|بالتقسيط|قسط|اقساط|قرض|فائده|الفائده|\
    شهريا|ائتمان|تاجير";

/// Finance too, unless the words after it stand beside them.
pub(super) const FINANCE_PERHAPS: &str = "credit|deposit|deposits|anzahlung|دفعه|مقدم";

/// A card, or the fee that holds a car: no finance.
pub(super) const NOT_FINANCE: &str = "\
    credit card|credit cards|hold|holding|reserve|reserved|reservation|refundable|kreditkarte|\
    reservieren|reserviert|reservierung|zurucklegen|حجز|بطاقه";

/// Beginnings of a question that goes on with the one before it.
pub(super) const GOES_ON: &str = "\
    and|what about|how about|but|so|or|for|over|with|on|then|if i|und|aber|oder|was ist mit|\
    wie ist es|wie sieht es|bei|mit|uber|fur|dann|wenn ich|و|ماذا عن|مع|علي|لمده";

/// Words that go on with a question on finance wherever they stand.
pub(super) const TERMS: &str = "\
    months|years|percent|monate|monaten|jahre|jahren|prozent|laufzeit|اشهر|شهرا|سنوات";

/// The most words of such a question; more of them ask for something of their own.
pub(super) const GOES_ON_WORDS: usize = 8;

/// Thanks.
pub(super) const THANKS: &str = "\
    thanks|thank you|thx|cheers|ta|danke|vielen dank|dankeschon|شكرا|شكرا جزيلا";

/// The words of greetings.
pub(super) const GREETING: &str = "\
    hi|hello|hey|hiya|good|morning|afternoon|evening|there|hallo|moin|guten|tag|morgen|\
    abend|servus|gruss|gott|gruezi|مرحبا|السلام|عليكم|اهلا|صباح|مساء|الخير|وسهلا";

/// To drive a car.
pub(super) const TEST_DRIVE: &str = "\
    test drive|test drives|testdrive|test driving|can i drive it|could i drive it|may i drive it|\
    take it for a drive|take it for a spin|probefahrt|probefahrten|probe fahren|probefahren|\
    تجربه قياده|تجربه القياده|قياده تجريبيه|اجرب السياره|تجربه السياره";

/// To have a car taken in exchange.
pub(super) const PART_EXCHANGE: &str = "\
    part exchange|part exchanging|part exchanged|part ex|px|trade in|trade my|trading in|\
    swap my car|inzahlungnahme|in zahlung|inzahlung|استبدال سيارتي|استبدال السياره|\
    ابدل سيارتي|استبدل سيارتي";

/// To have a car serviced. An MOT or a service history is a fact of a car for sale, too.
pub(super) const SERVICE: &str = "\
    book a service|book my service|book a car service|service my car|car serviced|\
    it serviced|service appointment|need a service|book an mot|book a mot|book my mot|\
    need an mot|my mot|mot booking|mot appointment|book my car in|inspektion buchen|\
    inspektionstermin|zur inspektion|werkstatttermin|werkstatt termin|termin in der werkstatt|\
    zur hauptuntersuchung|tuv termin|hu termin|reifenwechsel|حجز صيانه|موعد صيانه|\
    صيانه سيارتي|فحص سيارتي";

/// To be called.
pub(super) const CALL_BACK: &str = "\
    call me back|call me|ring me|phone me|give me a call|call back|callback|ruckruf|\
    zuruckrufen|rufen sie mich|ruf mich|اتصلوا بي|اتصل بي|معاوده الاتصال|تتصلوا بي|تتصل بي";

/// Opening hours.
pub(super) const HOURS: &str = "\
    opening hours|opening times|are you open|when do you open|when do you close|you open|\
    open today|open tomorrow|open on|offnungszeiten|geoffnet|wann offnet|wann schliesst|\
    wann habt ihr auf|haben sie auf|ساعات العمل|ساعات الدوام|متي تفتحون|مواعيد العمل";

/// Where the dealer is.
pub(super) const ADDRESS: &str = "\
    where are you|your address|how do i get to you|where is the showroom|directions|\
    wo sind sie|wo seid ihr|wo finde ich sie|ihre adresse|anfahrt|wo befindet|عنوانكم|\
    العنوان|اين انتم|اين تقعون|موقعكم";

/// Beginnings of a wish for a person, however it names that person.
pub(super) const WISH: &str = "\
    i can talk|i can speak|can i talk|can i speak|could i talk|could i speak|may i speak|\
    want to talk|want to speak|like to talk|like to speak|need to talk|need to speak|\
    kann ich|konnte ich|mochte ich|ich mochte|ich will|den ich|mit dem ich|استطيع|يمكنني|\
    اريد";
