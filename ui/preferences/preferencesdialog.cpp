// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "preferences/preferencesdialog.h"

#include "preferences.h"
#include "preferences/applypreferences.h"

#include <KColorSchemeManager>
#include <KLocalizedString>

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace cutover::ui {

static const QString dialogName = QStringLiteral("preferences");

/// Text of second rank below a control.
static QLabel* note(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setWordWrap(true);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

PreferencesDialog* PreferencesDialog::open(QWidget* parent)
{
    auto* dialog = qobject_cast<PreferencesDialog*>(KConfigDialog::exists(dialogName));
    if (!dialog)
        dialog = new PreferencesDialog(parent);
    dialog->show();
    dialog->raise();
    dialog->activateWindow();
    return dialog;
}

PreferencesDialog::PreferencesDialog(QWidget* parent)
    : KConfigDialog(parent, dialogName, Preferences::self())
{
    setWindowTitle(i18nc("@title:window", "Preferences"));
    setAttribute(Qt::WA_DeleteOnClose);
    addPage(makeAppearancePage(), i18n("Appearance"), QStringLiteral("preferences-desktop-color"));
    addPage(makeRecordingPage(), i18n("Recordings"), QStringLiteral("media-record"));
    addPage(makeMigrationPage(), i18n("Migration"), QStringLiteral("preferences-desktop-virtual"));
    connect(this, &KConfigDialog::settingsChanged, this, &applyTextScale);
    m_scheme->setFocus();
    resize(fontMetrics().averageCharWidth() * 96, fontMetrics().height() * 30);
}

QWidget* PreferencesDialog::makeAppearancePage()
{
    auto* page = new QWidget(this);
    m_scheme = new QComboBox(page);
    m_scheme->setObjectName(QStringLiteral("scheme"));
    m_scheme->setModel(KColorSchemeManager::instance()->model());
    m_scheme->setAccessibleName(i18n("Colour scheme"));
    connect(m_scheme, &QComboBox::currentIndexChanged, this, &PreferencesDialog::updateButtons);

    auto* scale = new QSpinBox(page);
    scale->setObjectName(QStringLiteral("kcfg_TextScale"));
    scale->setSingleStep(10);
    scale->setSuffix(i18nc("percent", " %"));
    scale->setAccessibleName(i18n("Size of all text"));

    auto* form = new QFormLayout(page);
    form->addRow(i18n("&Colours:"), m_scheme);
    form->addRow(QString(), note(i18n("The first follows the desktop, light or dark."), page));
    form->addRow(i18n("&Text size:"), scale);
    form->addRow(QString(), note(i18n("Of all text in all windows, beside what the desktop uses."), page));
    return page;
}

QWidget* PreferencesDialog::makeRecordingPage()
{
    auto* page = new QWidget(this);
    auto* record = new QCheckBox(i18n("&Record every migration"), page);
    record->setObjectName(QStringLiteral("kcfg_RecordAll"));
    auto* folder = new QLineEdit(page);
    folder->setObjectName(QStringLiteral("kcfg_RecordingFolder"));
    folder->setAccessibleName(i18n("Folder of the recordings"));
    auto* choose = new QToolButton(page);
    choose->setIcon(QIcon::fromTheme(QStringLiteral("folder-open")));
    choose->setToolTip(i18n("Choose the folder of the recordings"));
    choose->setAccessibleName(choose->toolTip());
    connect(choose, &QToolButton::clicked, this, [this, folder] { chooseFolder(folder); });
    auto* kept = new QSpinBox(page);
    kept->setObjectName(QStringLiteral("kcfg_RecordingsKept"));
    kept->setAccessibleName(i18n("How many recordings are kept"));
    auto* room = new QSpinBox(page);
    room->setObjectName(QStringLiteral("kcfg_RecordingsMiB"));
    room->setSuffix(i18nc("unit", " MiB"));
    room->setSingleStep(64);
    room->setAccessibleName(i18n("Room for the recordings"));
    for (QWidget* dependent : std::initializer_list<QWidget*>{ folder, choose, kept, room })
        connect(record, &QCheckBox::toggled, dependent, &QWidget::setEnabled);

    auto* place = new QHBoxLayout;
    place->addWidget(folder, 1);
    place->addWidget(choose);
    auto* form = new QFormLayout(page);
    form->addRow(record);
    form->addRow(i18n("In the &folder:"), place);
    qobject_cast<QLabel*>(form->labelForField(place))->setBuddy(folder);
    form->addRow(i18n("&Keep at most:"), kept);
    form->addRow(i18n("&Use at most:"), room);
    form->addRow(
        QString(), note(i18n("The oldest go first. A recording that you rename stays for ever."), page));
    return page;
}

void PreferencesDialog::chooseFolder(QLineEdit* edit)
{
    auto* dialog = new QFileDialog(this, i18nc("@title:window", "Folder of the Recordings"), edit->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, edit, &QLineEdit::setText);
    dialog->open();
}

QSpinBox* PreferencesDialog::makeLimit(const QString& key, const QString& name, int maximum, QWidget* parent)
{
    auto* limit = new QSpinBox(parent);
    limit->setObjectName(u"kcfg_" + key);
    limit->setMaximum(maximum);
    limit->setSuffix(i18nc("seconds", " s"));
    limit->setAccessibleName(name);
    return limit;
}

QWidget* PreferencesDialog::makeMigrationPage()
{
    auto* page = new QWidget(this);
    auto* mode = new QComboBox(page);
    mode->setObjectName(QStringLiteral("kcfg_Mode"));
    mode->addItems({ i18n("cpr-transfer: pass fds"), i18n("normal: copy all") });
    mode->setAccessibleName(i18n("Migration mode"));
    const auto check = [page](const char* key, const QString& text, const QString& tip) {
        auto* box = new QCheckBox(text, page);
        box->setObjectName(u"kcfg_" + QString::fromLatin1(key));
        box->setToolTip(tip);
        return box;
    };
    auto* form = new QFormLayout;
    form->addRow(i18n("&Mode at first:"), mode);
    form->addRow(QString(),
        check("Guarded", i18n("&Guarded commit"),
            i18n("The destination starts the guest only when the session has seen that the source has "
                 "given it away.")));
    form->addRow(QString(),
        check("KeepSource", i18n("&Keep the source after Finish"),
            i18n("It stays stopped, with the memory of the guest, until you end it.")));
    form->addRow(QString(),
        check("TraceSource", i18n("&Trace the source"),
            i18n("Switches trace events on for the migration, where the log of the source has "
                 "timestamps; the pause can then be told apart by phase.")));

    auto* limits = new QGroupBox(i18n("Time limits"), page);
    auto* rows = new QFormLayout(limits);
    rows->addRow(i18n("&Source answers within:"),
        makeLimit(
            QStringLiteral("ConnectSeconds"), i18n("Time limit for the source to answer"), 3600, limits));
    rows->addRow(i18n("&Destination starts within:"),
        makeLimit(
            QStringLiteral("LaunchSeconds"), i18n("Time limit for the destination to start"), 3600, limits));
    rows->addRow(i18n("Its mo&nitor is up within:"),
        makeLimit(QStringLiteral("MonitorSeconds"), i18n("Time limit for the destination's monitor"), 3600,
            limits));
    QSpinBox* whole
        = makeLimit(QStringLiteral("SwitchoverSeconds"), i18n("Time limit for the migration"), 86400, limits);
    whole->setSpecialValueText(i18nc("no time limit", "no limit"));
    rows->addRow(i18n("Migration &ends within:"), whole);
    rows->addRow(note(i18n("When a limit passes, the guest goes on on the source."), limits));

    auto* layout = new QVBoxLayout(page);
    layout->addLayout(form);
    layout->addWidget(limits);
    layout->addStretch(1);
    return page;
}

void PreferencesDialog::changeEvent(QEvent* event)
{
    KConfigDialog::changeEvent(event);
    // Once all parts have the new font.
    if (event->type() == QEvent::FontChange)
        QTimer::singleShot(0, this, [this] { resize(size().expandedTo(sizeHint())); });
}

static int activeScheme()
{
    const KColorSchemeManager* manager = KColorSchemeManager::instance();
    return qMax(0, manager->indexForSchemeId(manager->activeSchemeId()).row());
}

void PreferencesDialog::updateSettings()
{
    if (m_scheme->currentIndex() != activeScheme()) {
        KColorSchemeManager* manager = KColorSchemeManager::instance();
        manager->activateScheme(manager->model()->index(m_scheme->currentIndex(), 0));
    }
    KConfigDialog::updateSettings();
}

void PreferencesDialog::updateWidgets()
{
    m_scheme->setCurrentIndex(activeScheme());
    KConfigDialog::updateWidgets();
}

void PreferencesDialog::updateWidgetsDefault()
{
    m_scheme->setCurrentIndex(0);
    KConfigDialog::updateWidgetsDefault();
}

bool PreferencesDialog::hasChanged()
{
    return m_scheme->currentIndex() != activeScheme() || KConfigDialog::hasChanged();
}

bool PreferencesDialog::isDefault()
{
    return m_scheme->currentIndex() == 0 && KConfigDialog::isDefault();
}

} // namespace cutover::ui
