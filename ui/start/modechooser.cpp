// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "start/modechooser.h"

#include <KLocalizedString>

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QStandardItemModel>

#include <algorithm>

namespace cutover::ui {

using namespace Qt::StringLiterals;

static void describeModes(QComboBox* box)
{
    box->setAccessibleName(i18n("Migration mode"));
    box->setToolTip(i18n(
        "cpr-transfer passes the descriptors behind memory and devices: nothing is copied, "
        "connections stay. normal copies everything. cpr-reboot saves the guest into a file and "
        "loads it from there; memory in a shared file stays where it is. In cpr-exec the source's process "
        "becomes the new program, and there is no way back."));
}

void addModes(QComboBox* box)
{
    box->addItem(i18n("cpr-transfer: pass fds"), u"cpr-transfer"_s);
    box->addItem(i18n("normal: copy all"), u"normal"_s);
    box->addItem(i18n("cpr-reboot: by a file"), u"cpr-reboot"_s);
    box->addItem(i18n("cpr-exec: in place"), u"cpr-exec"_s);
    describeModes(box);
}

void addModeNames(QComboBox* box)
{
    // As QEMU has them, so in every language.
    for (const QString& mode : { u"cpr-transfer"_s, u"normal"_s, u"cpr-reboot"_s, u"cpr-exec"_s })
        box->addItem(mode, mode);
    describeModes(box);
}

void offerModes(QComboBox* box, const Offers& offers)
{
    const auto* items = qobject_cast<const QStandardItemModel*>(box->model());
    for (int row = 0; items && row < box->count(); ++row) {
        const QString reason = offers.refusedModes.value(box->itemData(row).toString());
        items->item(row)->setEnabled(reason.isEmpty());
        items->item(row)->setToolTip(reason);
        items->item(row)->setAccessibleDescription(reason);
    }
}

QString guardTip(const Offers& offers)
{
    if (!offers.noGuard.isEmpty())
        return offers.noGuard;
    return i18n(
        "The destination starts the guest only when the session has seen that the source has given it away. "
        "Costs a little of the pause; without it a cut connection can leave the guest running twice.");
}

ModeChooser::ModeChooser(QWidget* parent)
    : QWidget(parent)
    , m_mode(new QComboBox(this))
    , m_guarded(new QCheckBox(i18n("&Guarded commit"), this))
    , m_incoming(new QComboBox(this))
    , m_keep(new QCheckBox(i18n("&Keep the source, stopped"), this))
    , m_relay(new QCheckBox(i18n("Look &into both channels"), this))
{
    addModes(m_mode);
    m_mode->setObjectName(u"modeBox"_s);
    m_guarded->setObjectName(u"guardedBox"_s);
    m_guarded->setChecked(true);
    m_incoming->setObjectName(u"incomingBox"_s);
    m_incoming->addItem(i18n("when told over QMP (defer)"), true);
    m_incoming->addItem(i18n("from its start (URI)"), false);
    m_incoming->setAccessibleName(i18n("When the destination listens"));
    m_keep->setObjectName(u"keepBox"_s);
    m_keep->setToolTip(
        i18n("Finish leaves the source's process where it is, in postmigrate. It holds its memory until you "
             "end it."));
    m_relay->setObjectName(u"relayBox"_s);
    m_relay->setToolTip(i18n(
        "Everything passes through Cutover, which tells of each descriptor and each section. Should Cutover "
        "end meanwhile, the migration fails and the guest stays on the source."));
    m_relay->setAccessibleDescription(m_relay->toolTip());

    auto* form = new QFormLayout(this);
    form->setContentsMargins({});
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->addRow(i18n("&Mode:"), m_mode);
    form->addRow(i18n("&Listens:"), m_incoming);
    form->addRow(QString(), m_guarded);
    form->addRow(QString(), m_keep);
    form->addRow(QString(), m_relay);
    updateChoices();

    connect(m_mode, &QComboBox::activated, this, [this] {
        updateChoices();
        Q_EMIT changed();
    });
    connect(m_incoming, &QComboBox::activated, this, &ModeChooser::changed);
    connect(m_guarded, &QCheckBox::clicked, this, &ModeChooser::changed);
    connect(m_keep, &QCheckBox::clicked, this, &ModeChooser::changed);
    connect(m_relay, &QCheckBox::clicked, this, &ModeChooser::changed);
}

QString ModeChooser::mode() const
{
    return m_mode->currentData().toString();
}

void ModeChooser::fill(op::SessionRequest& request) const
{
    request.mode = mode();
    request.guarded = m_guarded->isChecked();
    request.defer = m_incoming->currentData().toBool();
    request.keepSource = m_keep->isChecked();
    request.relay = m_relay->isChecked();
}

void ModeChooser::setRequest(const op::SessionRequest& request)
{
    m_mode->setCurrentIndex(std::max(0, m_mode->findData(request.mode)));
    m_guarded->setChecked(request.guarded);
    m_incoming->setCurrentIndex(m_incoming->findData(request.defer));
    m_keep->setChecked(request.keepSource);
    m_relay->setChecked(request.relay);
    m_attached = request.destination.kind == op::DestinationSpec::Kind::Attach;
    updateChoices();
}

void ModeChooser::setOffers(const Offers& offers)
{
    if (offers == m_offers)
        return;
    m_offers = offers;
    updateChoices();
}

void ModeChooser::setAttached(bool attached)
{
    if (attached == m_attached)
        return;
    m_attached = attached;
    updateChoices();
}

void ModeChooser::updateChoices()
{
    offerModes(m_mode, m_offers);
    m_guarded->setEnabled(m_offers.noGuard.isEmpty());
    m_guarded->setToolTip(guardTip(m_offers));
    m_incoming->setEnabled(!m_attached);
    m_incoming->setToolTip(m_attached
            ? i18n("A destination that you have started says so by its main channel.")
            : i18n(
                  "With defer its capabilities are set over QMP first; with a URI it listens from the start, "
                  "as its command line says."));
    for (QWidget* widget : { static_cast<QWidget*>(m_guarded), static_cast<QWidget*>(m_incoming) })
        widget->setAccessibleDescription(widget->toolTip());
}

} // namespace cutover::ui
