// Reads codes with the camera where the browser can do so by itself; everywhere else the field takes a scanner or fingers.
const scanForm = document.querySelector("[data-scan-form]");
const cameraButton = document.querySelector("[data-scan-camera]");
const video = document.querySelector("[data-scan-video]");
const scanStatus = document.querySelector("[data-scan-status]");
const PAUSE_MS = 200;
let stream = null;

function stopCamera() {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
  video.srcObject = null;
}

async function look(detector) {
  if (!stream) return;
  let codes = [];
  try {
    codes = await detector.detect(video);
  } catch {
    // no picture yet
  }
  if (codes.length) {
    stopCamera();
    scanForm.elements.code.value = codes[0].rawValue;
    scanForm.requestSubmit();
    return;
  }
  setTimeout(() => look(detector), PAUSE_MS);
}

async function startCamera() {
  if (stream) return;
  scanStatus.textContent = scanStatus.dataset.looking;
  try {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    video.hidden = false;
    video.play().catch(() => {}); // ends when the camera is closed before its first picture
    look(detector);
  } catch {
    stopCamera();
    scanStatus.textContent = scanStatus.dataset.refused;
  }
}

async function offerCamera() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) return;
  cameraButton.hidden = false;
  cameraButton.addEventListener("click", startCamera);
  window.addEventListener("pagehide", stopCamera);
}

if (scanForm && cameraButton && video) offerCamera();
